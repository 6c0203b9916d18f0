import { expect, test } from "vitest";
import { signMessage } from "../../../schema/change/commit-signature.ts";
import { findMissingApproval, type ProposalReviews } from "../../../schema/change/self-approval.ts";

const head = "9f8e7d6c".repeat(5);
const message = "Disable b\n\nFlag: b\nActor: Ada (ada)\nActor-GitHub: Ada-L\n";
const proposal = { message: signMessage(message, [], ["k".repeat(32)], "0a"), author: "bot" };
const approved = (login: string, commit = head) => ({ login, state: "APPROVED", commit });

function problem(reviews: ProposalReviews["reviews"], commits = [proposal]): string | undefined {
  return findMissingApproval({ head, commits, reviews });
}

test("findMissingApproval() accepts the approval of somebody else", () => {
  expect(problem([approved("grace")])).toBeUndefined();
  expect(problem([approved("ada-l"), approved("grace")])).toBeUndefined();
});

test.each([
  ["nobody's", []],
  ["the requester's own", [approved("Ada-L")]],
  ["the requester's own in another case", [approved("ada-l")]],
  ["an earlier commit's", [approved("grace", "0".repeat(40))]],
  [
    "a withdrawn",
    [approved("grace"), { login: "grace", state: "CHANGES_REQUESTED", commit: head }],
  ],
  ["a dismissed", [approved("grace"), { login: "grace", state: "DISMISSED", commit: head }]],
])("findMissingApproval() does not accept %s approval", (_what, reviews) => {
  expect(problem(reviews)).toBe(
    "Cannot accept the approvals: somebody other than ada-l, bot must approve 9f8e7d6",
  );
});

test("findMissingApproval() keeps an approval that was followed by a comment", () => {
  const comment = { login: "grace", state: "COMMENTED", commit: head };
  expect(problem([approved("grace"), comment])).toBeUndefined();
});

test("findMissingApproval() does not accept those who added commits", () => {
  const more = { message: "Say more", author: "grace" };
  expect(problem([approved("grace")], [proposal, more])).toContain("ada-l, bot, grace");
});

test("findMissingApproval() needs the login of the requester", () => {
  const without = message.replace(/Actor-GitHub.*\n/, "");
  const commit = { ...proposal, message: signMessage(without, [], ["k".repeat(32)], "0a") };
  expect(problem([approved("grace")], [commit])).toContain('add "github" to the entry');
});

test("findMissingApproval() has nothing to say about what people propose", () => {
  expect(problem([], [{ message: "Disable b", author: "ada" }])).toBeUndefined();
});
