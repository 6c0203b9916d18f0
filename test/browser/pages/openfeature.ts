/** A React page that uses only the OpenFeature provider. */
import {
  OpenFeature,
  OpenFeatureProvider,
  useBooleanFlagDetails,
  useOpenFeatureClientStatus,
  useStringFlagDetails,
} from "@openfeature/react-sdk";
import { createElement as h } from "react";
import { createRoot } from "react-dom/client";
import { createFlags } from "../../../client/flags.ts";
import { BuntingProvider } from "../../../client/openfeature.ts";

declare global {
  interface Window {
    /** Every text that was rendered for the flag. */
    drawn: string[];
    leave(): Promise<void>;
  }
}

window.drawn = [];
const options = JSON.parse(new URLSearchParams(location.search).get("options") ?? "{}");
window.flags = createFlags(options);
OpenFeature.setProvider(new BuntingProvider(window.flags));
window.leave = () => OpenFeature.clearProviders();
const root = document.querySelector("#root") as HTMLElement;
createRoot(root).render(h(OpenFeatureProvider, null, h(Meal), h(Dark), h(Other), h(Status)));

function Meal() {
  const { value, reason, errorCode } = useBooleanFlagDetails("meal_planning", false);
  const text = `${value} ${errorCode ?? reason}`;
  window.drawn.push(text);
  return h("p", { id: "meal" }, text);
}

function Dark() {
  const { value } = useBooleanFlagDetails("dark_mode", true);
  return h("p", { id: "dark" }, `${value}`);
}

function Other() {
  const missing = useBooleanFlagDetails("no_such_flag", true);
  const mistaken = useStringFlagDetails("meal_planning", "blue");
  const text = `${missing.value} ${missing.errorCode}, ${mistaken.value} ${mistaken.errorCode}`;
  return h("p", { id: "other" }, text);
}

function Status() {
  return h("p", { id: "status" }, useOpenFeatureClientStatus());
}
