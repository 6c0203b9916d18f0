/** Flags for a whole page: made once, then read by plain DOM code, by React and by OpenFeature. */
import { OpenFeature } from "@openfeature/react-sdk";
import { createRoot } from "react-dom/client";
import { createFlags } from "../flags.ts";
import { BuntingProvider } from "../openfeature.ts";
import { FlagsProvider } from "../react.ts";
import { Diary } from "./diary.tsx";
import { showState } from "./state.ts";
import { showSwitches } from "./switches.ts";

// After the "#", so that it is sent to no server but in the header of a request.
const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? undefined;
// With a token there is the API, which tells of changes at once; without one the CDN, which is asked now and then.
const url = `${token ? "/api" : ""}/v1/feature-flags/`;
const flags = createFlags({
  url,
  environment: "application",
  token,
  stream: token !== undefined,
  reportTo: "/api/v1/usage",
});

// It answers from its copies when the network does not, and so the page starts without one.
const worker = `/worker.js?url=${encodeURIComponent(url)}`;
void navigator.serviceWorker?.register(worker, { type: "module" });

showState(flags);
showSwitches(flags, token);
OpenFeature.setProvider(new BuntingProvider(flags));
createRoot(document.querySelector("#diary") as HTMLElement).render(
  <FlagsProvider flags={flags}>
    <Diary />
  </FlagsProvider>,
);
