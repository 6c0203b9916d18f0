import { compile } from "../schema/compile/compile.ts";
import { pluralize, shortId } from "../schema/text/show.ts";
import { writeRelease } from "../store/build/release-directory.ts";
import { Repository } from "../store/snapshot/repository.ts";
import { defineCommand } from "./command/command.ts";
import { shared } from "./command/options.ts";
import { readSnapshot } from "./command/read-snapshot.ts";
import { writeResult } from "./command/report.ts";
import { defaultOut } from "./command/repository-top.ts";
import { noteUncommitted } from "./command/uncommitted.ts";

export const command = defineCommand({
  name: "build",
  summary:
    "Compile the flags of a commit into a directory: every response as a file, and a manifest.",
  operands: "",
  options: {
    at: shared.at,
    out: {
      value: "DIRECTORY",
      help: 'the directory to write the release to (default: "dist/release" at the top of the clone; with --repo, in the current directory)',
    },
    repo: shared.repo,
    format: shared.format,
  },
  async run({ at, repo, format, ...options }) {
    const repository = await Repository.open(repo);
    const snapshot = await readSnapshot(repository, at);
    if (!snapshot) return 1;
    const release = compile(snapshot);
    const out = options.out ?? (await defaultOut(repo, "dist/release"));
    writeRelease(out, release);

    const { commit } = release;
    const [flags, responses] = [snapshot.flags.length, release.responses.length];
    const built = `Built ${pluralize(responses, "response")} of ${pluralize(flags, "flag")}`;
    const text = `${built} at ${shortId(commit)} into ${out}`;
    writeResult(format, { commit, out, flags, responses }, text);
    await noteUncommitted(repository, commit, "built");
    return 0;
  },
});
