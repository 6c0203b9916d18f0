/** React over flags that depend on the caller. The query says with which options. */
import { createElement as h } from "react";
import { createRoot } from "react-dom/client";
import { FlagsProvider, useFlag, useFlags, useVariant } from "../../../client/react.ts";
import { createFlags, type RuleFlags } from "../../../client/rules.ts";

declare global {
  interface Window {
    rules: RuleFlags;
  }
}

const options = JSON.parse(new URLSearchParams(location.search).get("options") ?? "{}");
const flags = createFlags({ rules: true, ...options });
window.rules = flags;
const root = document.querySelector("#root") as HTMLElement;
createRoot(root).render(h(FlagsProvider, { flags }, h(Page)));

function Page() {
  const checkout = useFlag("new_checkout") ? "new" : "old";
  const text = `${checkout} checkout, ${useVariant("button", "none")} button`;
  return h("p", { id: "text" }, text, h("code", null, JSON.stringify(useFlags())));
}
