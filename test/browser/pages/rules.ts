/** React over flags that depend on the caller. The query says with which options. */
import { createElement as h } from "react";
import { createRoot } from "react-dom/client";
import { FlagsProvider, useFlag, useFlags, useVariant } from "../../../client/react.ts";
import { createFlags, type RuleFlags } from "../../../client/rules.ts";

declare global {
  interface Window {
    rules: RuleFlags;
    /** How often each component was rendered. */
    ruleRenders: { checkout: number; button: number };
    /** Names and variants that `onExposure` received. */
    exposures: string[];
  }
}

const options = JSON.parse(new URLSearchParams(location.search).get("options") ?? "{}");
window.ruleRenders = { checkout: 0, button: 0 };
window.exposures = [];
const onExposure = (name: string, variant: string) => window.exposures.push(`${name} ${variant}`);
const flags = createFlags({ rules: true, onExposure, ...options });
window.rules = flags;
const root = document.querySelector("#root") as HTMLElement;
createRoot(root).render(h(FlagsProvider, { flags }, h(Page)));

function Page() {
  return h("p", { id: "text" }, h(Checkout), ", ", h(Button), h(AllFlags));
}

function Checkout() {
  window.ruleRenders.checkout += 1;
  return `${useFlag("new_checkout") ? "new" : "old"} checkout`;
}

function Button() {
  window.ruleRenders.button += 1;
  return `${useVariant("button", "none")} button`;
}

function AllFlags() {
  return h("code", null, JSON.stringify(useFlags()));
}
