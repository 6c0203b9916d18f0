/** A page with flags and nothing else, for tests to look into. Its query says with which options. */
import { createFlags } from "../../../client/flags.ts";
import type { Flags } from "../../../client/types.ts";

declare global {
  interface Window {
    flags: Flags;
    /** What there was before anything could have come from the network. */
    first: Readonly<Record<string, boolean>>;
    /** Everything that listeners were told of. */
    told: Readonly<Record<string, boolean>>[];
  }
}

const options = JSON.parse(new URLSearchParams(location.search).get("options") ?? "{}");
window.flags = createFlags(options);
window.first = window.flags.all();
window.told = [];
window.flags.subscribe(() => window.told.push(window.flags.all()));
