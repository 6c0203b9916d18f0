import { help } from "../server/help.ts";
import { defineCommand } from "./command/command.ts";
import { shared } from "./command/options.ts";
import { refuseSubfolder } from "./command/require-flags.ts";

export const command = defineCommand({
  name: "start",
  summary:
    "Serve and change the flags of a git branch over HTTP; each change is a commit on the remote. With nothing set, all it needs is embedded: a remote made from this clone, a token that is printed once, and a directory that is published to and served as a CDN would.",
  operands: "",
  options: {
    repo: shared.repo,
    "accept-remote": {
      help: "continue with a branch that lost commits, after you have checked it",
    },
  },
  details: help,
  async run({ repo, "accept-remote": acceptRemote }): Promise<0> {
    // A server in a subfolder would begin with data of its own, and another token.
    if (!process.env.FLAGS_REMOTE) refuseSubfolder(repo);
    const { startServer } = await import("../server/main.ts");
    await startServer({ checkout: repo, acceptRemote: acceptRemote === true });
    return 0;
  },
});
