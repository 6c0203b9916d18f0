/** A proposal, pushed and opened as a pull request like by a server. */
import { formatMessage } from "../../schema/change/commit-message.ts";
import { signMessage } from "../../schema/change/commit-signature.ts";
import type { Files, TestRepository } from "../git/repository.ts";
import type { FakeGitHub } from "./fake.ts";
import type { Issue } from "./state.ts";

export const server = "github-actions[bot]";
const key = "k".repeat(32);

export interface Proposer {
  /** Login of the requester; none if the entry of the token has none. */
  readonly requester?: string;
  /** Who pushes the branch. */
  readonly pushedBy?: string;
  /** Another effect than that of the flag's name, so another branch. */
  readonly digest?: string;
}

/** `clone` can push to the repository that `github` hosts. The branch is a proposal's. */
export function propose(
  clone: TestRepository,
  github: FakeGitHub,
  files: Files,
  { requester = "", pushedBy = server, digest = "0" }: Proposer,
): Issue {
  const branch = `bunting/recipe_import/enable-${digest.repeat(64)}`;
  clone.git("checkout", "--quiet", "-B", branch, "main");
  clone.change(1_790_100_000, files);
  const trailers = { Flag: "recipe_import", Actor: "Ada (ada)", "Actor-GitHub": requester };
  const text = formatMessage({ subject: "Enable recipe_import", reason: "", trailers });
  clone.git("commit", "--quiet", "--amend", "--message", signMessage(text, [], [key], "0a"));
  const sha = clone.git("rev-parse", "HEAD");
  clone.git("push", "--quiet", "--force", `file://${github.bare.directory}`, branch);
  github.state.pushes.push({ branch, login: pushedBy, commit: sha });
  return github.openPull({ branch, sha, author: server });
}
