import { expect, test } from "vitest";
import { declineReason } from "../../../store/remote/declined.ts";

const rejected = (reason: string) =>
  `Cannot reach the remote: To /srv/flags.git\n ! [remote rejected] 9f8e7d6 -> main (${reason})\nerror: failed to push some refs to '/srv/flags.git'`;

test.each([
  [
    "a hook",
    `remote: not today\n${rejected("pre-receive hook declined")}`,
    "pre-receive hook declined; not today",
  ],
  [
    "a read-only key",
    "Cannot reach the remote: ERROR: The key you are authenticating with has been marked as read only.\nfatal: Could not read from remote repository.",
    "The key you are authenticating with has been marked as read only.; give the server's credentials write access",
  ],
  [
    "HTTP 403",
    "Cannot reach the remote: remote: Permission to a/b denied to c.\nfatal: unable to access 'https://x/': The requested URL returned error: 403",
    "HTTP 403; Permission to a/b denied to c.; give the server's credentials write access",
  ],
])("declineReason() has the remote's words for %s", (_what, output, reason) => {
  expect(declineReason(output)).toBe(reason);
});

test.each([
  ["a lost race", rejected("failed to update ref")],
  ["a lost race for the lock", rejected("cannot lock ref 'refs/heads/main'")],
  ["a stale lease", " ! [rejected] 9f8e7d6 -> main (stale info)"],
  ["a newer head", " ! [rejected] 9f8e7d6 -> main (fetch first)"],
  ["a full disk", rejected("unpacker error")],
  ["a server error", "fatal: unable to access 'https://x/': The requested URL returned error: 503"],
  ["no connection", "fatal: unable to access 'https://x/': Failed to connect to x port 443"],
  ["a time-out", 'Cannot finish "git push": it took too long'],
])("declineReason() is undefined for %s", (_what, output) => {
  expect(declineReason(output)).toBeUndefined();
});

test("declineReason() is short for any output of the remote", () => {
  const long = `remote: ${"x".repeat(10_000)}\n${rejected("pre-receive hook declined")}`;
  expect(declineReason(long)?.length).toBeLessThan(400);
});
