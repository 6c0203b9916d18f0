/** `client.ts`: one way to look up flags, alone in its process, so that no other way affects how it is compiled. */

import type { Options } from "../../../client/core/types.ts";
import { createFlags } from "../../../client/flags.ts";
import { Stopwatch } from "../measure/cost.ts";

const names = Array.from({ length: 100 }, (_, at) => `flag_number_${at}`);
const list = {
  environment: "application",
  flags: Object.fromEntries(names.map((name, at) => [name, at % 2 === 0])),
  updated_at: "2026-01-01T00:00:00Z",
};

const ways: Record<string, () => (name: string) => boolean> = {
  "a Map's get()": () => {
    const map = new Map(Object.entries(list.flags));
    return (name) => map.get(name) ?? false;
  },
  "an own property": () => {
    const own: Record<string, boolean> = JSON.parse(JSON.stringify(list.flags));
    return (name) => Object.hasOwn(own, name) && own[name] === true;
  },
  "isEnabled()": () => isEnabled({}),
  "isEnabled(), with metrics": () => isEnabled({ onMetrics: () => {} }),
};

const [name = ""] = process.argv.slice(2);
const way = ways[name]?.();
if (!way) throw new Error(`Cannot find a way "${name}": expected ${Object.keys(ways).join(", ")}`);
lookUp(way, 1_000_000);
const stopwatch = new Stopwatch();
const on = await stopwatch.time(name, () => lookUp(way, 10_000_000));
if (on !== 5_000_000) throw new Error(`Cannot measure: ${on} flags were on; expected 5000000`);
console.log(JSON.stringify(stopwatch.costs));

function isEnabled(options: Partial<Options>): (name: string) => boolean {
  const url = "http://127.0.0.1:9/";
  const flags = createFlags({ url, bootstrap: list, storage: null, ...options });
  flags.close();
  return (name) => flags.isEnabled(name);
}

/** How many of the flags were on. */
function lookUp(way: (name: string) => boolean, times: number): number {
  let on = 0;
  for (let time = 0; time < times; time++) if (way(names[time % 100] as string)) on += 1;
  return on;
}
