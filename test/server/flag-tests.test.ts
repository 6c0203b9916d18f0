/** Writes of flags that have tests in `flags/tests/`. */
import { expect, test } from "vitest";
import { startService } from "./api.ts";
import { flags, Remote } from "./remote.ts";
import { file, list, meal, startReviewed } from "./reviewed.ts";

const testsFile = "flags/tests/meal_planning.yaml";
const isOn = "tests:\n  - { name: stays on, expect: true }\n";

test("DELETE deletes the tests of the flag in the same commit, which names its actor", async () => {
  const remote = new Remote({ ...flags, [testsFile]: isOn });
  const api = await startService({ remote });
  expect((await api.ask(`DELETE ${meal}`)).status).toBe(204);
  const changed = remote.bare.git("show", "--format=", "--name-status", "main");
  expect(changed).toBe(`D\t${file}\nD\t${testsFile}`);
  expect((await api.ask(`GET ${list}`)).json.flags).not.toHaveProperty("meal_planning");
  const { json } = await api.ask(`GET ${meal}/history`);
  expect(json.changes[0]).toMatchObject({
    kind: "deleted",
    origin: "api",
    changed_by: "Ada Admin",
  });
});

test("DELETE proposes to delete the tests of the flag, too", async () => {
  const { api, remote } = await startReviewed();
  remote.push({ [testsFile]: isOn });
  await api.sync();
  expect((await api.ask(`DELETE ${meal}`)).status).toBe(202);
  const branch = remote.bare.git("for-each-ref", "--format=%(refname)", "refs/heads/bunting");
  const changed = remote.bare.git("diff", "--name-status", "main", branch);
  expect(changed).toBe(`D\t${file}\nD\t${testsFile}`);
});
