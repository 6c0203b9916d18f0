/** `floor.ts FLAGS`: what a bare YAML parser takes for the texts of as many flags. */
import { parse } from "yaml";
import { Stopwatch } from "../cost.ts";
import { flagText } from "../flags.ts";

const texts = Array.from({ length: Number(process.argv[2]) }, (_, flag) => flagText(flag));
const stopwatch = new Stopwatch();
await stopwatch.time("parse", () => {
  for (const text of texts) parse(text);
});
console.log(JSON.stringify(stopwatch.costs));
