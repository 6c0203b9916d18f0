/** The actions of random scenarios, by name. */
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { signed, until } from "../setup/api.ts";
import { fileOf, type RequestedWrite, withFlag } from "./model.ts";
import type { Scenario } from "./scenario.ts";

const list = "/v1/feature-flags/";
const ALWAYS = Number.POSITIVE_INFINITY;
const faults = ["refuse", "unauthorized", "unavailable", "drop", "drop-after", "slow"] as const;

/** The parameters of an action; each uses those that it needs. */
export interface Step {
  readonly name: string;
  readonly folder: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly environment: string;
  /** Sends an idempotency key; in a kill: also kills the git processes. */
  readonly isKeyed: boolean;
  readonly number: number;
}

export type Action = keyof typeof actions;

const put = ({ name, enabled, description }: Step): RequestedWrite => {
  return { method: "PUT", name, environment: "application", enabled, description };
};
const putIn = ({ name, enabled, environment }: Step): RequestedWrite => {
  return { method: "PUT", name, environment, enabled };
};
const post = ({ name, enabled, description }: Step): RequestedWrite => {
  return { method: "POST", name, enabled, description };
};

export const actions = {
  post: (scenario: Scenario, step: Step) =>
    scenario.send(scenario.request(post(step), step.isKeyed)),
  put: (scenario: Scenario, step: Step) => scenario.send(scenario.request(put(step), step.isKeyed)),
  putIn: (scenario: Scenario, step: Step) =>
    scenario.send(scenario.request(putIn(step), step.isKeyed)),
  remove: (scenario: Scenario, { name }: Step) =>
    scenario.send(scenario.request({ method: "DELETE", name }, false)),

  /** Reads a flag and changes it with `If-Match`; often another change comes between. */
  async putIfMatch(scenario: Scenario, step: Step) {
    if (scenario.isUnreliable) return;
    await scenario.waitForIdleRemote();
    await scenario.api.sync();
    const { status, json, headers } = await scenario.api.ask(`GET ${list}${step.name}`);
    const flag = scenario.branch.state.get(step.name);
    expect(status).toBe(flag ? 200 : 404);
    if (!flag) return;
    if (step.number % 2 === 0)
      await scenario.writeByHand(step.name, { ...flag, description: `${step.number}` });
    const expects = { enabled: json.enabled, description: json.description };
    await scenario.send(scenario.request(put(step), false, expects), headers.etag);
  },

  /** Sends requests at the same time, of which each must see the effect of those before it. */
  concurrentWrites: (scenario: Scenario, step: Step) =>
    scenario.sendAll([
      scenario.request(put(step), step.isKeyed),
      scenario.request(putIn({ ...step, enabled: !step.enabled }), step.isKeyed),
      scenario.request(post(step), step.isKeyed),
      scenario.request(put({ ...step, enabled: !step.enabled }), false),
    ]),

  /** Repeats an earlier request with its key, after another change of the flag. */
  async repeatWithKey(scenario: Scenario, step: Step) {
    const before =
      scenario.keyed[
        scenario.keyed.length - 1 - (step.number % Math.min(3, scenario.keyed.length || 1))
      ];
    if (!before) return;
    const { name } = before.wanted;
    await scenario.send(
      scenario.request(put({ ...step, name, description: `${step.number}` }), false),
    );
    await scenario.send(scenario.repeat(before));
  },

  async editByHand(scenario: Scenario, { name, enabled, description, environment }: Step) {
    await scenario.waitForIdleRemote();
    const flag = scenario.branch.state.get(name);
    const overrides = { [environment]: !enabled };
    if (flag)
      await scenario.writeByHand(name, { folder: flag.folder, enabled, description, overrides });
  },

  async moveByHand(scenario: Scenario, { name, folder }: Step) {
    await scenario.waitForIdleRemote();
    const flag = scenario.branch.state.get(name);
    if (!flag || flag.folder === folder) return;
    const moved = { ...flag, folder };
    const text = scenario.remote.file(fileOf(name, flag));
    await scenario.commitByHand(
      { [fileOf(name, flag)]: null, [fileOf(name, moved)]: `${text}\n` },
      (state) => withFlag(state, name, moved),
    );
  },

  async addByHand(scenario: Scenario, { name, folder, enabled, description }: Step) {
    await scenario.waitForIdleRemote();
    if (scenario.branch.state.has(name)) return;
    await scenario.writeByHand(name, { folder, enabled, description, overrides: {} });
  },

  async deleteByHand(scenario: Scenario, { name }: Step) {
    await scenario.waitForIdleRemote();
    const flag = scenario.branch.state.get(name);
    if (!flag) return;
    await scenario.commitByHand({ [fileOf(name, flag)]: null }, (state) =>
      withFlag(state, name, undefined),
    );
  },

  /** A person commits an invalid file and removes it later. */
  async commitInvalidFile(scenario: Scenario, step: Step) {
    if (scenario.isUnreliable) return;
    const file = "flags/growth/broken.yaml";
    await scenario.commitByHand({ [file]: "enabled: yes\n" });
    scenario.isUnreliable = true;
    const { text } = await scenario.api.ask(`GET ${list}`);
    // Wait until the server knows it: until then other refusals take precedence.
    await until(async () => {
      const { status } = await scenario.api.ask(`POST ${list}`, { body: { name: "never_made" } });
      return status === 503;
    });
    expect((await scenario.api.ready()).degraded).toEqual([
      expect.stringContaining(`${file}:1:10: `),
    ]);
    await scenario.send(scenario.request(put(step), step.isKeyed));
    expect((await scenario.api.ask(`GET ${list}`)).text).toBe(text);
    await scenario.commitByHand({ [file]: null });
    await scenario.api.sync();
    scenario.isUnreliable = false;
  },

  /** A person resets the branch to before a commit that the server has seen, and restores it. */
  async rewindBranch(scenario: Scenario, step: Step) {
    if (scenario.isUnreliable) return;
    await scenario.commitByHand({});
    const to = scenario.remote.head;
    await scenario.commitByHand({});
    await scenario.api.sync();
    const from = scenario.remote.head;
    scenario.remote.bare.git("update-ref", "refs/heads/main", to);
    const body = { enabled: step.enabled, description: `${step.number}` };
    const responses = [`PUT ${list}${step.name}`, `POST ${list}`].map((what) =>
      scenario.api.ask(what, { body: what.startsWith("POST") ? { name: "never_made" } : body }),
    );
    const statuses = (await Promise.all(responses)).map(({ status }) => status);
    expect(statuses.filter((status) => status !== 503 && status !== 404)).toEqual([]);
    expect(scenario.remote.head).toBe(to);
    scenario.remote.bare.git("update-ref", "refs/heads/main", from);
    await scenario.api.sync();
  },

  async restartServer(scenario: Scenario) {
    expect(await scenario.api.program.end("SIGTERM")).toBe(0);
    await scenario.start();
  },

  /** Kills the server during writes; its git processes may continue. */
  async killServer(scenario: Scenario, step: Step) {
    const all = [
      scenario.request(put(step), step.isKeyed),
      scenario.request(post(step), false),
      scenario.request(putIn({ ...step, enabled: !step.enabled }), true),
    ];
    const responses = all.map((sent) => scenario.ask(sent).catch(() => undefined));
    await Promise.race([Promise.all(responses), pause(step.number)]);
    await scenario.kill(step.isKeyed);
    await Promise.all(responses);
    await scenario.start();
  },

  /** Kills the server during a push that reaches the remote while the next server runs. */
  async latePush(scenario: Scenario, step: Step) {
    if (scenario.isUnreliable) return;
    const held = scenario.http.holdNextPush();
    const sent = scenario.request(
      { ...put(step), description: `Late ${step.number}` } as RequestedWrite,
      true,
    );
    const responses = scenario.ask(sent).catch(() => undefined);
    const answer = await Promise.race([responses, held.hasBegun.then(() => undefined)]);
    if (answer) scenario.check(sent, answer);
    else {
      await scenario.kill(step.isKeyed);
      await responses;
      await scenario.start();
    }
    if (step.number % 3 === 0) held.release();
    const next = [scenario.repeat(sent), scenario.request(putIn(step), false)];
    if (step.number % 3 === 1) setTimeout(() => held.release(), step.number);
    await scenario.sendAll(next);
    held.release();
    await scenario.waitForIdleRemote();
  },

  async remoteDown(scenario: Scenario) {
    if (scenario.isUnreliable) return;
    scenario.isDown = true;
    scenario.isUnreliable = true;
    for (const operation of ["fetch", "push"] as const)
      scenario.http.fail(operation, "unavailable", ALWAYS);
    await scenario.api.ask("POST /webhooks/github", signed("{}"));
    await until(async () => (await scenario.api.ready()).status === "degraded");
  },

  remoteUp: (scenario: Scenario) => scenario.heal(),

  /** The remote fails once or twice; the writes succeed nevertheless. */
  async remoteFault(scenario: Scenario, step: Step) {
    if (scenario.isUnreliable) return;
    const fault = faults[step.number % faults.length] ?? "drop";
    scenario.isUnreliable = true;
    scenario.http.fail(step.isKeyed ? "push" : "fetch", fault, 1 + (step.number % 2));
    scenario.log.push(`    ${step.isKeyed ? "push" : "fetch"}: ${fault}`);
    await scenario.sendAll([
      scenario.request(put(step), true),
      scenario.request(putIn(step), false),
    ]);
    await scenario.heal();
  },
};
