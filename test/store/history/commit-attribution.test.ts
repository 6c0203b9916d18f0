/** The actor of a commit in the history: the actor of a request only if a server signed the commit. */
import { expect, test } from "vitest";
import { signMessage } from "../../../schema/change/commit-signature.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { verifyCommit } from "../../../store/snapshot/signed-commits.ts";
import { type TestRepository, testRepository } from "../../git/repository.ts";

const file = "flags/nutrition/meal_planning.yaml";
const start = 1_725_105_600;
const [on, off] = ["enabled: true\n", "enabled: false\n"];
const message = `Disable meal_planning

Too slow

Flag: meal_planning
Actor: Ada Editor (editor)
Actor-Id: editor
Break-Glass: application
`;
const key = "k".repeat(32);

function repository(): TestRepository {
  const made = testRepository();
  made.change(start, { [file]: on, "flags/nutrition/meal_cost.yaml": on });
  return made;
}

/** Disables the flag, and commits with `text`. */
function disable(made: TestRepository, text: string, content = off): void {
  made.write({ [file]: content });
  made.git("add", "--all");
  const env = { GIT_COMMITTER_EMAIL: "bunting@bunting.example" };
  made.run(["commit", "--quiet", `--message=${text}`], { env });
}

/** The message as a server signs it for disabling the flag. */
function signed(made: TestRepository, text = message, by = key, path = file): string {
  const before = made.run(["hash-object", "--stdin"], { input: on }).trim();
  const after = made.run(["hash-object", "--stdin"], { input: off }).trim();
  return signMessage(text, [{ file: path, before, after }], [by], "0a");
}

async function newest(made: TestRepository) {
  const head = made.git("rev-parse", "HEAD");
  const opened = await Repository.open(made.directory);
  const page = { limit: 1, skip: 0 };
  const [change] = await opened.changesOf(head, "meal_planning", page, (commit) =>
    verifyCommit(commit, [key]),
  );
  return change;
}

const byTheApi = {
  ...{ changed_by: "Ada Editor", issuer: null, subject: "editor" },
  ...{ origin: "api", reason: "Too slow", break_glass: true },
};
const byAPerson = {
  ...{ changed_by: "Ada", issuer: null, subject: null },
  ...{ origin: "git", reason: "", break_glass: false },
};

test("a commit that a server signed has the actor of the request", async () => {
  const made = repository();
  disable(made, signed(made));
  expect(await newest(made)).toMatchObject({ ...byTheApi, summary: "Disable meal_planning" });
});

test("a JSON web token has its issuer and its subject", async () => {
  const made = repository();
  const issuer = "https://login.example/realms/a";
  const text = message.replace("Actor-Id: editor", `Actor-Id: auth0|7\nActor-Issuer: ${issuer}`);
  disable(made, signed(made, text.replace("(editor)", "(auth0|7)")));
  expect(await newest(made)).toMatchObject({ ...byTheApi, issuer, subject: "auth0|7" });
});

test.each([
  ["nobody signed", () => message],
  ["another key signed", (made: TestRepository) => signed(made, message, "x".repeat(32))],
  [
    "a server signed for another flag",
    (made: TestRepository) => signed(made, message, key, "flags/nutrition/meal_cost.yaml"),
  ],
  [
    "a server signed with another actor",
    (made: TestRepository) => signed(made).replaceAll("editor", "boss"),
  ],
  [
    "a server signed with another reason",
    (made: TestRepository) => signed(made).replace("Too slow", "Boss wants it"),
  ],
  [
    "a server signed with another subject",
    (made: TestRepository) => signed(made).replace("Disable", "Enable"),
  ],
])("a commit that %s has its author, with any trailers", async (_what, text) => {
  const made = repository();
  disable(made, text(made));
  expect(await newest(made)).toMatchObject(byAPerson);
});

test("a signed message on another content has its author", async () => {
  const made = repository();
  disable(made, signed(made), "enabled: false # and more\n");
  expect(await newest(made)).toMatchObject(byAPerson);
});

test("a squash or a rebase of a proposal has the actor of the request", async () => {
  const made = repository();
  const text = signed(made).replace("Disable meal_planning", "Disable meal_planning (#7)");
  disable(made, `${text}\nCo-authored-by: Grace <grace@example.com>\n`);
  expect(await newest(made)).toMatchObject({
    ...byTheApi,
    summary: "Disable meal_planning (#7)",
  });
});

test("a merge of a proposal has the actor of the request, in the commit that merged it", async () => {
  const made = repository();
  made.switch("bunting/meal_planning/disable-0123456789ab");
  disable(made, signed(made));
  made.switch("main");
  const merge = made.merge(start + 60, "bunting/meal_planning/disable-0123456789ab");
  expect(await newest(made)).toMatchObject({ ...byTheApi, commit: merge });
});

test.each([
  ["what people did", () => "Turn it off"],
  ["a proposal that nobody signed", () => message],
  [
    "a proposal for another flag",
    (made: TestRepository) => signed(made, message.replace("Flag: meal_planning", "Flag: other")),
  ],
])("a merge of %s has the author of the merge", async (_what, text) => {
  const made = repository();
  made.switch("topic");
  disable(made, text(made));
  made.switch("main");
  made.merge(start + 60, "topic");
  expect(await newest(made)).toMatchObject({ ...byAPerson, summary: "Change flags" });
});
