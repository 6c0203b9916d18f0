import { help } from "../server/help.ts";
import { Repository } from "../store/snapshot/repository.ts";
import { defineCommand } from "./command/command.ts";
import { shared } from "./command/options.ts";
import { refuseSubfolder } from "./command/repository-top.ts";
import { note } from "./command/stderr.ts";
import { noteUncommitted } from "./command/uncommitted.ts";

export const command = defineCommand({
  name: "start",
  summary:
    "Serve and change the flags of a git branch over HTTP; each change is a commit on the remote. Without settings it embeds everything: a remote made from this clone, a token that is printed once, and a local CDN.",
  operands: "",
  options: {
    repo: shared.repo,
    "accept-remote": {
      help: "accept the branch as it is, after you have checked it: lost commits, the removal of many flags, or another FLAGS_REMOTE or FLAGS_BRANCH for this FLAGS_DATA",
    },
  },
  details: help,
  async run({ repo, "accept-remote": acceptRemote }): Promise<0> {
    // A server in a subfolder would begin with data of its own, and another token.
    if (!process.env.FLAGS_REMOTE) refuseSubfolder(repo);
    const { describeFailure, startServer } = await import("../server/main.ts");
    try {
      note(await startServer({ checkout: repo, acceptRemote: acceptRemote === true }));
    } catch (error) {
      note(describeFailure(error));
      // Timers and child processes that were started before the failure would keep the process alive.
      process.exit(2);
    }
    if (!process.env.FLAGS_REMOTE) await noteUncommittedFlags(repo);
    return 0;
  },
});

/** The embedded remote begins with the commits of the clone. */
async function noteUncommittedFlags(directory: string): Promise<void> {
  const repository = await Repository.open(directory);
  await noteUncommitted(repository, await repository.resolve("HEAD"), "served");
}
