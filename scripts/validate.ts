import { parseFileAt } from "../schema/file/parsed-file.ts";
import { countFlags, validate } from "../schema/file/validate.ts";
import { isDate } from "../schema/text/date.ts";
import { readWorkTree } from "../store/snapshot/work-tree.ts";
import { main, UsageError } from "./command.ts";
import { report, reportFormats, today } from "./report.ts";

await main({
  name: "validate",
  summary:
    "Checks flag files in the working tree and tells every problem, with its place and its cure.",
  operands: "[PATH…]",
  options: {
    format: { value: "FORMAT", help: "how to tell", choices: reportFormats, default: "text" },
    today: { value: "DAY", help: "judges expiry as of this day, YYYY-MM-DD (default: today)" },
  },
  run({ format, today: day = today() }, places) {
    if (!isDate(day))
      throw new UsageError(`Cannot use --today "${day}": it must be a day as YYYY-MM-DD`);
    const roots = places.length === 0 ? ["flags"] : places;
    const entries = roots.flatMap((place) => readWorkTree(".", place, parseFileAt));
    const distinct = [...new Map(entries.map((entry) => [entry.file, entry])).values()];
    const { problems } = validate(distinct, day);
    process.stdout.write(report(format, countFlags(distinct), problems));
    return problems.some(({ severity }) => severity === "error") ? 1 : 0;
  },
});
