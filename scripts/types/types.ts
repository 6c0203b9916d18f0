import { pluralize, shortId } from "../../schema/text/show.ts";
import { readText } from "../../store/commit/work-tree.ts";
import { isGenerated } from "../../store/files/generated-marker.ts";
import { replaceFile } from "../../store/files/replace-file.ts";
import { Repository } from "../../store/snapshot/repository.ts";
import { defineCommand, type ExitCode } from "../command/command.ts";
import { shared } from "../command/options.ts";
import { readSnapshot } from "../command/read-snapshot.ts";
import { writeResult } from "../command/report.ts";
import { defaultOut } from "../command/repository-top.ts";
import { formatFlagTypes } from "./flag-types.ts";

export const command = defineCommand({
  name: "types",
  summary:
    "Write a TypeScript module with the names and variants of all flags, so that a wrong one does not compile.",
  operands: "",
  options: {
    at: shared.at,
    out: {
      value: "FILE",
      help: 'the module to write (default: "src/flag-names.ts" at the top of the clone; with --repo, in the current directory)',
    },
    repo: shared.repo,
    check: { help: "fail if the module is not up to date; write nothing" },
    format: shared.format,
  },
  async run({ at, repo, check, format, ...options }): Promise<ExitCode> {
    const snapshot = await readSnapshot(await Repository.open(repo), at);
    if (!snapshot) return 1;

    const out = options.out ?? (await defaultOut(repo, "src/flag-names.ts"));
    const text = formatFlagTypes(snapshot.flags);
    const current = readText(".", out);
    const isCurrent = current === text;
    if (!isCurrent && !check) {
      const isForeign = current !== undefined && current.trim() !== "" && !isGenerated(current);
      if (isForeign) throw foreignFile(out);
      replaceFile(out, text);
    }
    const isStale = !isCurrent && check === true;
    const flags = pluralize(snapshot.flags.length, "flag");
    const result = isStale
      ? `Cannot accept ${out}: it does not describe the ${flags} at ${shortId(snapshot.commit)}\n  hint: run the same command without --check`
      : `${out} describes ${flags}`;
    writeResult(format, { out, flags: snapshot.flags.length, changed: !isCurrent }, result);
    return isStale ? 1 : 0;
  },
});

function foreignFile(file: string): Error {
  const hint = "name another file with --out, or delete this one";
  return new Error(`Cannot replace "${file}": bunting types did not write it\n  hint: ${hint}`);
}
