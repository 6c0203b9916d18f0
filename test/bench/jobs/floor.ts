/** `floor.ts FLAGS`: the cost of a bare YAML parser for the texts of that many flags. */
import { parse } from "yaml";
import { Stopwatch } from "../measure/cost.ts";
import { flagText } from "../measure/flags.ts";

const texts = Array.from({ length: Number(process.argv[2]) }, (_, flag) => flagText(flag));
const stopwatch = new Stopwatch();
await stopwatch.time("parse", () => {
  for (const text of texts) parse(text);
});
console.log(JSON.stringify(stopwatch.costs));
