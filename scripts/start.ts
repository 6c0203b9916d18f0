import { help } from "../server/help.ts";
import { defineCommand } from "./command/command.ts";

export const command = defineCommand({
  name: "start",
  summary:
    "Serves and changes the flags of a git branch over HTTP; each change is a commit on the remote. With nothing set, all it needs is embedded: a remote made from this clone, a token that is printed once, and a directory that is published to and served as a CDN would.",
  operands: "",
  options: {
    repo: {
      value: "PATH",
      help: "the clone that the embedded remote is made from",
      default: ".",
    },
    "accept-remote": {
      help: "continue with a branch that lost commits, after you have checked it",
    },
  },
  details: help,
  async run({ repo, "accept-remote": acceptRemote }): Promise<0> {
    const { startServer } = await import("../server/main.ts");
    await startServer({ checkout: repo, acceptRemote: acceptRemote === true });
    return 0;
  },
});
