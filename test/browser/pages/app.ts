/** A small application, rendered by a server and in the browser. */
import { createElement as h } from "react";
import { useFlag, useFlags, useFlagsState } from "../../../client/react.ts";

export function App() {
  return h("main", null, h(Meal), h(Dark), h(All), h(Status));
}

/** How often each component was rendered. */
export const renders = { Meal: 0, Dark: 0, All: 0 };

function Meal() {
  renders.Meal += 1;
  return h("p", { id: "meal" }, useFlag("meal_planning") ? "Plan your meals" : "No plans");
}

function Dark() {
  renders.Dark += 1;
  return h("p", { id: "dark" }, useFlag("dark_mode", true) ? "dark" : "light");
}

function All() {
  renders.All += 1;
  return h("p", { id: "all" }, JSON.stringify(useFlags()));
}

function Status() {
  return h("p", { id: "status" }, useFlagsState().status);
}
