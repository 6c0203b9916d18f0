/** What a commit says of itself, as the history tells it: merges and squashes of what the API proposed, too. */
import { expect, test } from "vitest";
import { Repository } from "../../../store/snapshot/repository.ts";
import { type TestRepository, testRepository } from "../../git/repository.ts";

const file = "flags/nutrition/meal_planning.yaml";
const start = 1_725_105_600;
const message = `Disable meal_planning

Too slow

Flag: meal_planning
Actor: Ada Editor (editor)
Break-Glass: application
`;

function repository(): TestRepository {
  const made = testRepository();
  made.change(start, { [file]: "enabled: true\n" });
  return made;
}

/** Commits the work tree, by the service or by somebody else. */
function commit(made: TestRepository, text: string, by = "bunting@bunting.example"): void {
  made.git("add", "--all");
  made.run(["commit", "--quiet", `--message=${text}`], { env: { GIT_COMMITTER_EMAIL: by } });
}

async function newest(made: TestRepository) {
  const head = made.git("rev-parse", "HEAD");
  const page = { limit: 1, skip: 0 };
  const changes = await (await Repository.open(made.directory)).changesOf(
    head,
    "meal_planning",
    "application",
    page,
  );
  return changes[0];
}

test("a commit of the service that broke the glass says so", async () => {
  const made = repository();
  made.write({ [file]: "enabled: false\n" });
  commit(made, message);
  expect(await newest(made)).toMatchObject({
    origin: "api",
    reason: "Too slow",
    break_glass: true,
  });
});

test("a squash is told by whoever asked for it, and cannot claim to have broken the glass", async () => {
  const made = repository();
  made.write({ [file]: "enabled: false\n" });
  commit(made, message.replace("Disable meal_planning", "Disable meal_planning (#7)"), "x@github");
  expect(await newest(made)).toMatchObject({
    changed_by: "Ada Editor",
    origin: "api",
    summary: "Disable meal_planning (#7)",
    reason: "Too slow",
    break_glass: false,
  });
});

test("a merge of a proposal is told as the proposal, in the commit that merged it", async () => {
  const made = repository();
  made.switch("bunting/meal_planning/disable-0123456789ab");
  made.write({ [file]: "enabled: false\n" });
  commit(made, message.replace(/Break.*\n/, ""));
  made.switch("main");
  const merge = made.merge(start + 60, "bunting/meal_planning/disable-0123456789ab");
  expect(await newest(made)).toMatchObject({
    commit: merge,
    changed_by: "Ada",
    origin: "api",
    summary: "Disable meal_planning",
    reason: "Too slow",
  });
});

test.each([
  ["what people did", "Turn it off"],
  ["a proposal for another flag", message.replace("Flag: meal_planning", "Flag: meal_cost")],
])("a merge of %s is told as the merge", async (_what, text) => {
  const made = repository();
  made.switch("topic");
  made.write({ [file]: "enabled: false\n" });
  commit(made, text);
  made.switch("main");
  made.merge(start + 60, "topic");
  expect(await newest(made)).toMatchObject({ origin: "git", summary: "Change flags", reason: "" });
});
