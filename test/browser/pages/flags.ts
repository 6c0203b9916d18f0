/** A page with flags and nothing else. The query contains the options. */

import type { Flags } from "../../../client/core/types.ts";
import { createFlags } from "../../../client/flags.ts";

declare global {
  interface Window {
    flags: Flags;
    /** The flags before the first response. */
    first: Readonly<Record<string, boolean>>;
    /** The flags at each call of a listener. */
    snapshots: Readonly<Record<string, boolean>>[];
  }
}

const options = JSON.parse(new URLSearchParams(location.search).get("options") ?? "{}");
window.flags = createFlags(options);
window.first = window.flags.all();
window.snapshots = [];
window.flags.subscribe(() => window.snapshots.push(window.flags.all()));
