/** The server applies scheduled steps: to the second, once among several servers, and not after they are deleted. */
import { expect, test } from "vitest";
import { signed, startProcess, startService, until } from "./setup/api.ts";
import { Remote } from "./setup/remote.ts";

const file = "flags/billing/invoices.yaml";
const url = "/v1/feature-flags/invoices";

/** A time in seconds from now; negative for the past. */
function inSeconds(seconds: number): string {
  return `${new Date(Date.now() + seconds * 1_000).toISOString().slice(0, -5)}Z`;
}

function flagWith(...steps: string[]): string {
  const schedule =
    steps.length === 0 ? "" : `schedule:\n${steps.map((step) => `  - ${step}\n`).join("")}`;
  return `description: Send invoices\nenabled: true\nrollout: 5\n${schedule}owner: billing\n`;
}

function remoteWith(...steps: string[]): Remote {
  return new Remote({
    "bunting.yaml": "environments: [production]\nprotected: [production]\n",
    [file]: flagWith(...steps),
  });
}

test("a step is applied in its second, in a protected environment too, and clients get the value", async () => {
  const at = inSeconds(4);
  const remote = remoteWith(`{ at: ${at}, rollout: 100 }`);
  const api = await startProcess({ remote, env: { LOG_LEVEL: "info" } });
  expect((await api.ask(`GET ${url}`)).json.enabled).toBe(false);
  await until(async () => (await api.ask(`GET ${url}`)).json.enabled === true);
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(at));
  expect(remote.show("%s")).toBe("Roll out invoices to everyone");
  expect(Number(remote.show("%ct")) * 1_000 - Date.parse(at)).toBeLessThan(5_000);
  expect(remote.diff()).toEqual([
    "-rollout: 5",
    "-schedule:",
    `-  - { at: ${at}, rollout: 100 }`,
    "+rollout: 100",
  ]);
  const logged = () => api.program.log.filter(({ msg }) => msg === "scheduled step");
  await until(() => logged().length === 1);
  const [line] = logged();
  expect(line).toMatchObject({
    ...{ audit: true, flag: "invoices", environment: "production", result: "committed" },
    ...{ step: { at, rollout: 100 }, commit: remote.head },
  });
  expect((await api.ask("GET /metrics")).text).toContain(
    'bunting_schedule_steps_total{result="committed"} 1',
  );
  const [change] = (await api.ask(`GET ${url}/history`)).json.changes;
  expect(change).toMatchObject({ changed_by: "Ada", origin: "schedule", commit: remote.head });
});

test("late steps are applied in order when the server starts", async () => {
  const [first, second] = [inSeconds(-90_000), inSeconds(-5)];
  const remote = remoteWith(`{ at: ${first}, rollout: 25 }`, `{ at: ${second}, rollout: 50 }`);
  await startService({ remote });
  await until(() => remote.length === 3);
  expect([remote.show("%s", "main~1"), remote.show("%s")]).toEqual([
    "Roll out invoices to 25 %",
    "Roll out invoices to 50 %",
  ]);
  expect(remote.file(file)).toBe(flagWith().replace("rollout: 5", "rollout: 50").trimEnd());
});

test("several servers apply a step once", async () => {
  const remote = remoteWith(`{ at: ${inSeconds(3)}, rollout: 25 }`);
  const apis = await Promise.all([1, 2, 3].map(() => startService({ remote })));
  await until(() => remote.length === 2);
  for (const api of apis) await api.sync();
  expect(remote.length).toBe(2);
  expect((await Promise.all(apis.map((api) => api.ready()))).map(({ status }) => status)).toEqual([
    "ok",
    "ok",
    "ok",
  ]);
});

test("a step that was deleted on the branch before its second is not applied", async () => {
  const at = inSeconds(3);
  const remote = remoteWith(`{ at: ${at}, rollout: 25 }`);
  // It polls once an hour: it fetches the deletion when the step is due.
  const api = await startService({ remote });
  const deletion = remote.push({ [file]: flagWith() });
  await until(async () => (await api.ready()).commit === deletion);
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(at));
  expect(remote.head).toBe(deletion);
});

test("while the head is not valid, steps wait and /readyz has the reason", async () => {
  const at = inSeconds(-5);
  const remote = remoteWith();
  const api = await startService({ remote });
  const other = "flags/billing/other.yaml";
  remote.push({ [file]: flagWith(`{ at: ${inSeconds(3)}, rollout: 25 }`) });
  await api.sync();
  remote.push({ [other]: "enabled: perhaps\n" });
  await api.ask("POST /webhooks/github", signed("{}"));
  await until(async () =>
    (await api.ready()).degraded.some((one: string) =>
      /^Cannot apply the step of invoices in production at .* is not valid/.test(one),
    ),
  );
  expect(remote.length).toBe(3);
  remote.push({ [other]: null, [file]: flagWith(`{ at: ${at}, rollout: 25 }`) });
  await api.ask("POST /webhooks/github", signed("{}"));
  await until(() => remote.show("%s") === "Roll out invoices to 25 %");
  await until(async () => (await api.ready()).status === "ok");
});
