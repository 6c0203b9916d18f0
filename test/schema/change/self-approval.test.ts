import { expect, test } from "vitest";
import { signMessage } from "../../../schema/change/commit-signature.ts";
import { checkApproval, type ProposalReviews } from "../../../schema/change/self-approval.ts";

const head = "9f8e7d6c".repeat(5);
const message = "Disable b\n\nFlag: b\nActor: Ada (ada)\nActor-GitHub: Ada-L\n";
const proposal = { message: signMessage(message, [], ["k".repeat(32)], "0a"), author: "bot" };
const approved = (login: string, commit = head) => ({ login, state: "APPROVED", commit });

function check(reviews: ProposalReviews["reviews"], given: Partial<ProposalReviews> = {}) {
  const standard = { isProposalBranch: true, contributors: ["Bot"], commits: [proposal] };
  return checkApproval({ head, ...standard, reviews, ...given });
}

test("checkApproval() accepts the approval of somebody else", () => {
  const accepted = { state: "success", message: "grace approved 9f8e7d6" };
  expect(check([approved("grace")])).toEqual(accepted);
  expect(check([approved("ada-l"), approved("grace")])).toEqual(accepted);
});

const wanted = "somebody other than ada-l, bot must approve 9f8e7d6";

test.each([
  ["the requester's own", [approved("Ada-L")]],
  ["the requester's own in another case", [approved("ada-l")]],
])("checkApproval() fails for %s approval", (_what, reviews) => {
  const message = `Cannot accept a requester's own approval: ${wanted}`;
  expect(check(reviews)).toEqual({ state: "failure", message });
});

test.each([
  ["no", []],
  ["an earlier commit's", [approved("grace", "0".repeat(40))]],
  [
    "a withdrawn",
    [approved("grace"), { login: "grace", state: "CHANGES_REQUESTED", commit: head }],
  ],
  ["a dismissed", [approved("grace"), { login: "grace", state: "DISMISSED", commit: head }]],
])("checkApproval() waits while there is %s approval", (_what, reviews) => {
  expect(check(reviews)).toEqual({ state: "pending", message: `Waiting: ${wanted}` });
});

test("checkApproval() keeps an approval that was followed by a comment", () => {
  const comment = { login: "grace", state: "COMMENTED", commit: head };
  expect(check([approved("grace"), comment]).state).toBe("success");
});

test("checkApproval() does not accept those who added commits or pushed to the branch", () => {
  const more = { message: "Say more", author: "grace" };
  expect(check([approved("grace")], { commits: [proposal, more] }).state).toBe("failure");
  const forged = { ...proposal, message: proposal.message.replace("Ada-L", "charles") };
  const pushed = { commits: [forged], contributors: ["bot", "Ada-L"] };
  expect(check([approved("ada-l")], pushed).state).toBe("failure");
});

test("checkApproval() needs the login of the requester", () => {
  const without = message.replace(/Actor-GitHub.*\n/, "");
  const commit = { ...proposal, message: signMessage(without, [], ["k".repeat(32)], "0a") };
  const unknown = check([approved("grace")], { commits: [commit] });
  expect(unknown.state).toBe("failure");
  expect(unknown.message).toContain('add "github" to the entry');
});

test("checkApproval() accepts no proposal whose commit was replaced by one without a requester", () => {
  const commits = [{ message: "Disable b", author: "charles" }];
  expect(check([approved("grace")], { commits })).toEqual({
    state: "failure",
    message: "Cannot tell who requested the change: no commit on the branch names them",
  });
});

test("checkApproval() needs no approval for pull requests of people", () => {
  const commits = [{ message: "Disable b", author: "ada" }];
  expect(check([], { commits, isProposalBranch: false }).state).toBe("success");
});
