import { GitHub } from "../../store/github/github.ts";
import { readGitHubOptions } from "../../store/github/options.ts";
import { note } from "../command/stderr.ts";

/** GitHub's API, as the environment names it. `hint` says what works without a token. */
export function connect(hint = ""): GitHub {
  return new GitHub(readGitHubOptions(process.env, { hint }), note);
}

/** `undefined` with `--dry-run`. */
export function connectUnlessDry(isDry = false): GitHub | undefined {
  return isDry ? undefined : connect("--dry-run needs no token, and changes nothing on GitHub");
}
