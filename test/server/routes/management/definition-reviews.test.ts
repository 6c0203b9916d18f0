/** Definitions in protected environments: reviews, and emergencies. */
import { expect, test } from "vitest";
import { file, meal, pullsOf, startProtected } from "../../setup/protected-servers.ts";

const path = `${meal}/definition`;
const values = {
  description: "Enable meal planning features",
  enabled: true,
  owner: "nutrition",
  environments: { staging: { enabled: false } },
};
const glass = { "Break-Glass": "true", "Change-Reason": "The allergen service is down" };
const body = (change: object) => ({ body: { ...values, ...change } });

test("a definition that shows in a protected environment waits for a review", async () => {
  const { api, github, remote } = await startProtected();
  const { length } = remote;
  const answer = await api.ask(`PUT ${path}`, body({ rollout: 30 }));
  expect([answer.status, answer.json.summary]).toEqual([202, "Update meal_planning"]);
  const [pull] = pullsOf(github);
  expect(pull?.body).toContain("70 % lose it");
  expect(remote.length).toBe(length);
  const again = await api.ask(`PUT ${path}`, body({ rollout: 30 }));
  expect(again.json.id).toBe(answer.json.id);
  expect((await api.ask(`PUT ${path}`, body({ rollout: 40 }))).json.id).not.toBe(answer.json.id);
});

test("the plan of a flag that requires others counts the people who get these", async () => {
  const { api, github, remote } = await startProtected();
  remote.push({
    "flags/platform/user_notifications.yaml": "enabled: true\nrollout: 50\n",
    [file]: "enabled: true\nrequires:\n  - user_notifications\n",
  });
  await api.sync();
  expect((await api.ask(`PUT ${meal}`, { body: { rollout: 0 } })).status).toBe(202);
  expect(pullsOf(github)[0]?.body).toMatch(/(?:49|50)(?:\.\d)? % lose it \(simulated over/);
});

test("a change that takes effect only later needs a review of its own, too", async () => {
  const { api, remote } = await startProtected("staging");
  const { length } = remote;
  const later = (rollout: number) =>
    api.ask(`PUT ${path}`, body({ environments: { staging: { enabled: false, rollout } } }));
  const [first, second] = [await later(20), await later(30)];
  expect([first.status, second.status]).toEqual([202, 202]);
  expect(second.json.id).not.toBe(first.json.id);
  expect((await api.ask(`PUT ${path}`, body({ private: true }))).status).toBe(202);
  expect(remote.length).toBe(length);
});

test("a change that no client of a protected environment sees is committed at once", async () => {
  const { api, remote } = await startProtected();
  const environments = { staging: { enabled: true, rollout: 5 } };
  expect((await api.ask(`PUT ${path}`, body({ environments, expires: "2027-03-31" }))).status).toBe(
    200,
  );
  expect(remote.file(file)).toContain("rollout: 5");
});

test("Break-Glass may do nothing but disable", async () => {
  const { api, remote } = await startProtected();
  const ask = (change: object) => api.ask(`PUT ${path}`, { ...body(change), headers: glass });
  for (const change of [
    { rollout: 5 },
    { enabled: false, rollout: 5 },
    { enabled: false, owner: "growth" },
    { enabled: false, description: "Off" },
    { enabled: false, environments: {} },
  ]) {
    const { status, json } = await ask(change);
    expect([status, json.type]).toEqual([400, "https://bunting.example/problems/break-glass"]);
  }
  expect((await ask({ enabled: false })).status).toBe(200);
  expect(remote.show("%(trailers:key=Break-Glass,valueonly)")).toBe("application\n");
  const reader = await api.ask(`PUT ${path}`, { ...body({}), headers: glass, as: "editor" });
  expect(reader.status).toBe(403);
});
