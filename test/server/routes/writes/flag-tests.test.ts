/** Writes of flags that have tests in `flags/tests/`. */
import { expect, test } from "vitest";
import { startService, until } from "../../setup/api.ts";
import { file, list, meal, startProtected } from "../../setup/protected-servers.ts";
import { flags, Remote } from "../../setup/remote.ts";

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
  const { api, remote } = await startProtected();
  remote.push({ [testsFile]: isOn });
  await api.sync();
  expect((await api.ask(`DELETE ${meal}`)).status).toBe(202);
  const branch = remote.bare.git("for-each-ref", "--format=%(refname)", "refs/heads/bunting");
  const changed = remote.bare.git("diff", "--name-status", "main", branch);
  expect(changed).toBe(`D\t${file}\nD\t${testsFile}`);
});

const child = "flags/nutrition/meal_sharing.yaml";
const childTests = "flags/tests/meal_sharing.yaml";
const childIsOn =
  "tests:\n  - name: shared\n    context: { targetingKey: u-1 }\n    expect: true\n";

test("PUT is refused if a test of the flag would fail, and names file, line and test", async () => {
  const remote = new Remote({ ...flags, [testsFile]: isOn });
  const api = await startService({ remote });
  const { head } = remote;
  const refused = [
    await api.ask(`PUT ${meal}`, { body: { rollout: 0 } }),
    await api.ask(`PUT ${meal}/definition`, { body: { enabled: true, rollout: 0 } }),
  ];
  for (const { status, json } of refused) {
    expect(status).toBe(409);
    expect(json.type).toContain("/failed-test");
    expect(json.detail).toContain(`${testsFile}:2: Fails test "stays on"`);
    expect(json.errors).toEqual([
      {
        ...{ pointer: "#", code: "failed-test", file: testsFile, line: 2, column: 31 },
        message: expect.stringContaining('Fails test "stays on": expected true'),
      },
    ]);
  }
  expect(remote.head).toBe(head);
  expect((await api.ask(`PUT ${meal}`, { body: { description: "Plan" } })).status).toBe(200);
  expect(
    (await api.ask(`PUT /staging${meal}`, { body: { enabled: true, rollout: 5 } })).status,
  ).toBe(200);
});

test("PUT runs the tests of flags that require the flag", async () => {
  const requires = "description: Share\nenabled: true\nrequires:\n  - meal_planning\n";
  const remote = new Remote({ ...flags, [child]: requires, [childTests]: childIsOn });
  const api = await startService({ remote });
  const { status, json } = await api.ask(`PUT ${meal}`, { body: { rollout: 0 } });
  expect([status, json.errors?.[0]?.file, json.errors?.[0]?.line]).toEqual([409, childTests, 4]);
  expect((await api.ask(`PUT ${meal}`, { body: { enabled: false } })).status).toBe(200);
  // Tests of other flags do not matter.
  const other = "/v1/feature-flags/user_notifications";
  expect((await api.ask(`PUT ${other}`, { body: { rollout: 0 } })).status).toBe(200);
});

test("PUT always disables, and may leave a test that failed before", async () => {
  const isOff = "tests:\n  - { name: stays off, expect: false }\n";
  const remote = new Remote({ ...flags, [testsFile]: isOn });
  const api = await startService({ remote });
  expect((await api.ask(`PUT ${meal}`, { body: { enabled: false } })).status).toBe(200);
  // The test did not run while the flag was disabled; now it would fail.
  const partial = { body: { enabled: true, rollout: 0 } };
  expect((await api.ask(`PUT ${meal}`, partial)).status).toBe(409);
  remote.push({ [testsFile]: isOff });
  await api.sync();
  expect((await api.ask(`PUT ${meal}`, partial)).status).toBe(200);
  remote.push({ [testsFile]: isOn });
  await api.sync();
  expect((await api.ask(`PUT ${meal}`, { body: { rollout: 1 } })).status).toBe(200);
});

test("a scheduled step is applied even if a test fails then", async () => {
  const scheduled = "enabled: true\nschedule:\n  - { at: 2026-01-01T00:00:00Z, rollout: 0 }\n";
  const remote = new Remote({ ...flags, [file]: scheduled, [testsFile]: isOn });
  const api = await startService({ remote });
  await until(async () => (await api.ask(`GET ${meal}`)).json.enabled === false);
  expect(remote.show("%s")).toContain("Roll out meal_planning to 0 %");
});
