/** `client.ts`: a flag from the client, beside a bare look-up of the same name. */
import { createFlags } from "../../../client/flags.ts";
import { Stopwatch } from "../cost.ts";

const names = Array.from({ length: 100 }, (_, at) => `flag_number_${at}`);
const list = {
  environment: "application",
  flags: Object.fromEntries(names.map((name, at) => [name, at % 2 === 0])),
  updated_at: "2026-01-01T00:00:00Z",
};
const map = new Map(Object.entries(list.flags));
const own: Record<string, boolean> = JSON.parse(JSON.stringify(list.flags));
const flags = createFlags({ url: "http://127.0.0.1:9/", bootstrap: list, storage: null });
flags.close();

const ways: Record<string, (name: string) => boolean> = {
  "a Map's get()": (name) => map.get(name) ?? false,
  "an own property": (name) => Object.hasOwn(own, name) && own[name] === true,
  "isEnabled()": (name) => flags.isEnabled(name),
};
let on = 0;
for (const way of Object.values(ways)) lookUp(way, 1_000_000);
const stopwatch = new Stopwatch();
for (const [name, way] of Object.entries(ways)) {
  await stopwatch.time(name, () => lookUp(way, 10_000_000));
}
if (on !== 16_500_000) throw new Error(`Cannot believe the look-ups: ${on} were on`);
console.log(JSON.stringify(stopwatch.costs));

function lookUp(way: (name: string) => boolean, times: number): void {
  for (let time = 0; time < times; time++) if (way(names[time % 100] as string)) on += 1;
}
