import { expect, test } from "vitest";
import {
  type Change,
  type Current,
  editForChange,
  newFile,
} from "../../../schema/change/change.ts";
import { parseFlagFile } from "../../../schema/file/parsed-file.ts";
import { normalize } from "../../../schema/flag/flag.ts";
import { defaultProject } from "../../../schema/project/project.ts";
import { format } from "../../../schema/yaml/edit.ts";

const text = `# Ask in #nutrition first
description: Plan meals
enabled: true # since May
environments:
  staging:
    enabled: false
`;

function currently(file = text): Current {
  const { flag } = parseFlagFile(Buffer.from(file), defaultProject);
  if (!flag) throw new Error(`Not a flag: ${file}`);
  return {
    file: "flags/nutrition/meal_planning.yaml",
    text: file,
    flag: normalize("meal_planning", flag, defaultProject),
  };
}

type Update = Extract<Change, { kind: "update" }>;

function update(change: Partial<Update>, environment = "application"): Change & Update {
  return { kind: "update", name: "meal_planning", environment, ...change };
}

/** The lines that an edit removes and adds. */
function linesOf(change: Change & Update, file = text): { minus: string[]; plus: string[] } {
  const [before, after] = [
    file,
    editForChange(change, currently(file), defaultProject)?.flagFile?.text ?? file,
  ].map((one) => one.split("\n")) as [string[], string[]];
  return {
    minus: before.filter((line) => !after.includes(line)),
    plus: after.filter((line) => !before.includes(line)),
  };
}

test("editForChange() toggles a flag in one line, and keeps its comment", () => {
  const minus = ["enabled: true # since May"];
  expect(linesOf(update({ enabled: false }))).toEqual({
    minus,
    plus: ["enabled: false # since May"],
  });
});

test("editForChange() toggles a flag in an environment with its own block", () => {
  const { minus, plus } = linesOf(update({ enabled: true }, "staging"));
  expect({ minus, plus }).toEqual({ minus: ["    enabled: false"], plus: ["    enabled: true"] });
});

test("editForChange() adds a block for an environment after the others", () => {
  const edited = editForChange(
    update({ enabled: false }, "development"),
    currently(),
    defaultProject,
  );
  expect(edited?.flagFile?.text).toBe(`${text}  development:\n    enabled: false\n`);
  expect(format(edited?.flagFile?.text ?? "")).toBe(edited?.flagFile?.text);
});

test("editForChange() pins an environment that follows the root, even if the value is the same today", () => {
  const pinned = editForChange(
    update({ enabled: true }, "development"),
    currently(),
    defaultProject,
  );
  expect(pinned).toMatchObject({
    flagFile: { text: `${text}  development:\n    enabled: true\n` },
    subject: "Pin meal_planning in development",
    change: "enabled true",
  });
  const { flag } = parseFlagFile(
    Buffer.from(
      editForChange(update({ enabled: false }), currently(pinned?.flagFile?.text), defaultProject)
        ?.flagFile?.text ?? "",
    ),
    defaultProject,
  );
  expect(flag).toMatchObject({ enabled: false, environments: { development: { enabled: true } } });
  expect(
    editForChange(
      update({ enabled: true }, "development"),
      currently(pinned?.flagFile?.text),
      defaultProject,
    ),
  ).toBe(undefined);
});

test("editForChange() adds a description above all other keys", () => {
  const edited = editForChange(
    update({ description: "Plan: meals" }),
    currently("enabled: true\n"),
    defaultProject,
  );
  expect(edited?.flagFile?.text).toBe('description: "Plan: meals"\nenabled: true\n');
});

test.each([
  [update({ enabled: false }), "Disable meal_planning", "enabled true -> false"],
  [
    update({ enabled: true }, "staging"),
    "Enable meal_planning in staging",
    "enabled false -> true",
  ],
  [update({ description: "New" }), "Describe meal_planning", "description"],
  [
    update({ enabled: false, description: "New" }),
    "Disable and describe meal_planning",
    "enabled true -> false, description",
  ],
])("editForChange() describes the change: %o", (change, subject, what) => {
  expect(editForChange(change, currently(), defaultProject)).toMatchObject({
    subject,
    change: what,
  });
});

test.each([
  update({}),
  update({ enabled: true }),
  update({ enabled: false }, "staging"),
  update({ description: "Plan meals" }),
  update({ enabled: true, description: "Plan meals" }),
])("editForChange() makes no edit if the value is the same: %o", (change) => {
  expect(editForChange(change, currently(), defaultProject)).toBeUndefined();
});

test("editForChange() accepts a description in any Unicode form, and writes NFC", () => {
  const decomposed = update({ description: "Cafe\u0301" });
  const edited = editForChange(decomposed, currently(), defaultProject);
  expect(edited?.flagFile?.text).toContain("description: Caf\u00e9\n");
  expect(
    editForChange(decomposed, currently(edited?.flagFile?.text), defaultProject),
  ).toBeUndefined();
});

test("editForChange() deletes the file in any folder", () => {
  const edited = editForChange(
    { kind: "delete", name: "meal_planning" },
    currently(),
    defaultProject,
  );
  const file = "flags/nutrition/meal_planning.yaml";
  expect(edited).toEqual({ files: [{ file }], subject: "Delete meal_planning", change: "" });
});

test("newFile() is formatted, with the schema for editors", () => {
  const created = newFile({
    kind: "create",
    name: "water_log",
    enabled: true,
    description: "Log: water",
  });
  const flagFile = {
    file: "flags/unowned/water_log.yaml",
    text: `# yaml-language-server: $schema=../../schema/flag.schema.json
description: "Log: water"
enabled: true
`,
  };
  expect(created).toEqual({
    files: [flagFile],
    flagFile,
    subject: "Create water_log",
    change: "enabled true",
  });
  expect(format(created.flagFile?.text ?? "")).toBe(created.flagFile?.text);
});

test("newFile() has no description if none is given", () => {
  const { flagFile } = newFile({
    kind: "create",
    name: "water_log",
    enabled: false,
    description: "",
  });
  expect(flagFile?.text.split("\n").slice(1)).toEqual(["enabled: false", ""]);
});

test("newFile() is in the owner's folder, with all given values", () => {
  const created = newFile({
    kind: "create",
    name: "water_log",
    enabled: false,
    description: "Log water",
    owner: "nutrition",
    type: "experiment",
    expires: "2027-02-28",
  });
  expect(created.flagFile).toEqual({
    file: "flags/nutrition/water_log.yaml",
    text: `# yaml-language-server: $schema=../../schema/flag.schema.json
description: Log water
enabled: false
owner: nutrition
type: experiment
expires: "2027-02-28"
`,
  });
  expect(format(created.flagFile?.text ?? "")).toBe(created.flagFile?.text);
});
