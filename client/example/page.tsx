/** Flags for a page: created once, then read by plain DOM code, React and OpenFeature. */
import { type EvaluationContext, OpenFeature } from "@openfeature/react-sdk";
import { createRoot } from "react-dom/client";
import { BuntingProvider } from "../openfeature.ts";
import { FlagsProvider } from "../react.ts";
import { createFlags } from "../rules.ts";
import { createDefinitionStore } from "./definitions.ts";
import { Diary } from "./diary.tsx";
import { firstCaller, showEvaluateAs } from "./evaluate-as.ts";
import { showState } from "./state.ts";
import { showSwitches } from "./switches.ts";
import { showWhoGetsIt } from "./who-gets-it.ts";

// After the "#", so that the browser sends it to no server. Requests have it in a header.
const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? undefined;
// With a token the page uses the API, which streams changes; without one it polls the CDN.
const url = `${token ? "/api" : ""}/v1/feature-flags/`;
const definitions = createDefinitionStore();
const flags = createFlags({
  url,
  environment: "application",
  token,
  context: firstCaller,
  storage: definitions.storage,
  stream: token !== undefined,
  reportTo: "/api/v1/usage",
});

// The worker returns its copies if the network fails, so the page starts without a network.
const worker = `/worker.js?url=${encodeURIComponent(url)}`;
void navigator.serviceWorker?.register(worker, { type: "module" });

showState(flags);
showSwitches(flags, definitions, token);
showWhoGetsIt(flags, definitions, token);
// A provider evaluates all flags for OpenFeature's context, so the page sets that one.
const setCaller = (caller: EvaluationContext) => void OpenFeature.setContext(caller);
setCaller(firstCaller);
OpenFeature.setProvider(new BuntingProvider(flags));
showEvaluateAs(flags, definitions, setCaller);
createRoot(document.querySelector("#diary") as HTMLElement).render(
  <FlagsProvider flags={flags}>
    <Diary />
  </FlagsProvider>,
);
