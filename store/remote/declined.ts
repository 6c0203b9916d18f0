/** The reason of a remote that refuses a push. */
import { cut } from "../../schema/text/show.ts";

/** The remote refuses the push; sending it again changes nothing. `message` has the remote's words. */
export class PushDeclinedError extends Error {
  override readonly name = "PushDeclinedError";
}

/** Maximum length of the remote's message, in characters. */
const maxReasonLength = 200;

/** Git's messages for a lost race or a temporary failure. */
const transient =
  /failed to update ref|cannot lock ref|incorrect old value|already exists|unpacker error|internal server error/i;

/** The fix for each known reason. */
const hints: readonly (readonly [RegExp, string])[] = [
  [
    /GH006|GH013|protected branch|rule violations/i,
    'let the server\'s account bypass the rules of this branch ("Allow specified actors to bypass required pull requests", or the bypass list of the ruleset)',
  ],
  [
    /currently checked out|checked out branch/i,
    "use a bare repository, or set receive.denyCurrentBranch to updateInstead there",
  ],
  [/\b403\b|permission|denied|read.?only/i, "give the server's credentials write access"],
];

/**
 * Why the remote declined a push, from the error of `Remote`; `undefined` if it did not: it did not
 * answer, or another push came first.
 */
export function declineReason(error: string): string | undefined {
  const output = error.replace(/^Cannot reach the remote: /, "");
  const [, rejected] = /! \[remote rejected\] .* \((.*)\)$/m.exec(output) ?? [];
  const [, status] = /The requested URL returned error: (403)/.exec(output) ?? [];
  const [, refused] = /^(?:remote: )?ERROR: (.*)$/m.exec(output) ?? [];
  const reason = rejected ?? refused ?? (status && `HTTP ${status}`);
  if (reason === undefined || transient.test(reason)) return undefined;
  const lines = [...output.matchAll(/^remote: (?:error: )?(.*)$/gim)];
  const messages = lines.map(([, line = ""]) => line.trim()).filter((line) => line !== "");
  const text = [...new Set([reason, ...messages])].join("; ");
  const shown = cut(text, maxReasonLength);
  const hint = hints.find(([pattern]) => pattern.test(text))?.[1];
  return hint === undefined ? shown : `${shown}; ${hint}`;
}
