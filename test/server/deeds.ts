/** What can happen on a day, by the names under which it is told. */
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { signed, until } from "./api.ts";
import type { Scenario } from "./day.ts";
import { fileOf, type Wanted, withFlag } from "./model.ts";

const list = "/v1/feature-flags/";
const forever = Number.POSITIVE_INFINITY;
const troubles = ["refuse", "unauthorized", "unavailable", "drop", "drop-after", "slow"] as const;

/** What it is about; each takes of it what it needs. */
export interface Step {
  readonly name: string;
  readonly folder: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly environment: string;
  /** Whether it is sent with a key; where it is a kill, whether all processes end. */
  readonly isKept: boolean;
  readonly number: number;
}

export type Action = keyof typeof actions;

const put = ({ name, enabled, description }: Step): Wanted => {
  return { method: "PUT", name, environment: "application", enabled, description };
};
const putIn = ({ name, enabled, environment }: Step): Wanted => {
  return { method: "PUT", name, environment, enabled };
};
const post = ({ name, enabled, description }: Step): Wanted => {
  return { method: "POST", name, enabled, description };
};

export const actions = {
  post: (day: Scenario, step: Step) => day.send(day.request(post(step), step.isKept)),
  put: (day: Scenario, step: Step) => day.send(day.request(put(step), step.isKept)),
  putIn: (day: Scenario, step: Step) => day.send(day.request(putIn(step), step.isKept)),
  remove: (day: Scenario, { name }: Step) =>
    day.send(day.request({ method: "DELETE", name }, false)),

  /** Reads a flag, and changes it on the condition that it is still that; often it is not. */
  async careful(day: Scenario, step: Step) {
    if (day.isTroubled) return;
    await day.fence();
    await day.api.sync();
    const { status, json, headers } = await day.api.ask(`GET ${list}${step.name}`);
    const flag = day.ledger.state.get(step.name);
    expect(status).toBe(flag ? 200 : 404);
    if (!flag) return;
    if (step.number % 2 === 0) await day.put(step.name, { ...flag, description: `${step.number}` });
    const expects = { enabled: json.enabled, description: json.description };
    await day.send(day.request(put(step), false, expects), headers.etag);
  },

  /** Each sees what those before it did. */
  several: (day: Scenario, step: Step) =>
    day.sendAll([
      day.request(put(step), step.isKept),
      day.request(putIn({ ...step, enabled: !step.enabled }), step.isKept),
      day.request(post(step), step.isKept),
      day.request(put({ ...step, enabled: !step.enabled }), false),
    ]),

  /** Whoever was not answered asks again; so does whoever was, though the flag was changed since. */
  async again(day: Scenario, step: Step) {
    const before =
      day.kept[day.kept.length - 1 - (step.number % Math.min(3, day.kept.length || 1))];
    if (!before) return;
    const { name } = before.wanted;
    await day.send(day.request(put({ ...step, name, description: `${step.number}` }), false));
    await day.send(day.again(before));
  },

  async edit(day: Scenario, { name, enabled, description, environment }: Step) {
    await day.fence();
    const flag = day.ledger.state.get(name);
    const overrides = { [environment]: !enabled };
    if (flag) await day.put(name, { folder: flag.folder, enabled, description, overrides });
  },

  async move(day: Scenario, { name, folder }: Step) {
    await day.fence();
    const flag = day.ledger.state.get(name);
    if (!flag || flag.folder === folder) return;
    const moved = { ...flag, folder };
    const text = day.remote.file(fileOf(name, flag));
    await day.byHand({ [fileOf(name, flag)]: null, [fileOf(name, moved)]: `${text}\n` }, (state) =>
      withFlag(state, name, moved),
    );
  },

  async add(day: Scenario, { name, folder, enabled, description }: Step) {
    await day.fence();
    if (day.ledger.state.has(name)) return;
    await day.put(name, { folder, enabled, description, overrides: {} });
  },

  async drop(day: Scenario, { name }: Step) {
    await day.fence();
    const flag = day.ledger.state.get(name);
    if (!flag) return;
    await day.byHand({ [fileOf(name, flag)]: null }, (state) => withFlag(state, name, undefined));
  },

  /** A person commits what is not valid, and mends it after a while. */
  async breakIt(day: Scenario, step: Step) {
    if (day.isTroubled) return;
    const file = "flags/growth/broken.yaml";
    await day.byHand({ [file]: "enabled: yes\n" });
    day.isTroubled = true;
    const { text } = await day.api.ask(`GET ${list}`);
    // Once it is known; what changes nothing, or cannot be done, is found out first.
    await until(async () => {
      const { status } = await day.api.ask(`POST ${list}`, { body: { name: "never_made" } });
      return status === 503;
    });
    expect((await day.api.ready()).degraded).toEqual([expect.stringContaining(`${file}:1:10: `)]);
    await day.send(day.request(put(step), step.isKept));
    expect((await day.api.ask(`GET ${list}`)).text).toBe(text);
    await day.byHand({ [file]: null });
    await day.api.sync();
    day.isTroubled = false;
  },

  /** A person takes a commit back that the server has seen, and then puts it there again. */
  async rewind(day: Scenario, step: Step) {
    if (day.isTroubled) return;
    await day.byHand({});
    const to = day.remote.head;
    await day.byHand({});
    await day.api.sync();
    const from = day.remote.head;
    day.remote.bare.git("update-ref", "refs/heads/main", to);
    const body = { enabled: step.enabled, description: `${step.number}` };
    const asked = [`PUT ${list}${step.name}`, `POST ${list}`].map((what) =>
      day.api.ask(what, { body: what.startsWith("POST") ? { name: "never_made" } : body }),
    );
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.filter((status) => status !== 503 && status !== 404)).toEqual([]);
    expect(day.remote.head).toBe(to);
    day.remote.bare.git("update-ref", "refs/heads/main", from);
    await day.api.sync();
  },

  async restart(day: Scenario) {
    expect(await day.api.program.end("SIGTERM")).toBe(0);
    await day.start();
  },

  /** The server ends in the middle of writes; git processes that it started may go on. */
  async kill(day: Scenario, step: Step) {
    const all = [
      day.request(put(step), step.isKept),
      day.request(post(step), false),
      day.request(putIn({ ...step, enabled: !step.enabled }), true),
    ];
    const asked = all.map((sent) => day.ask(sent).catch(() => undefined));
    await Promise.race([Promise.all(asked), pause(step.number)]);
    await day.die(step.isKept);
    await Promise.all(asked);
    await day.start();
  },

  /** A push of a server that is gone by then arrives at the remote when the next one is at work. */
  async late(day: Scenario, step: Step) {
    if (day.isTroubled) return;
    const held = day.http.holdNextPush();
    const sent = day.request({ ...put(step), description: `Late ${step.number}` } as Wanted, true);
    const asked = day.ask(sent).catch(() => undefined);
    const answer = await Promise.race([asked, held.hasBegun.then(() => undefined)]);
    if (answer) day.judge(sent, answer);
    else {
      await day.die(step.isKept);
      await asked;
      await day.start();
    }
    if (step.number % 3 === 0) held.letGo();
    const next = [day.again(sent), day.request(putIn(step), false)];
    if (step.number % 3 === 1) setTimeout(() => held.letGo(), step.number);
    await day.sendAll(next);
    held.letGo();
    await day.fence();
  },

  async down(day: Scenario) {
    if (day.isTroubled) return;
    day.isDown = true;
    day.isTroubled = true;
    for (const operation of ["fetch", "push"] as const)
      day.http.fail(operation, "unavailable", forever);
    await day.api.ask("POST /webhooks/github", signed("{}"));
    await until(async () => (await day.api.ready()).status === "degraded");
  },

  up: (day: Scenario) => day.heal(),

  /** Something goes wrong once or twice; the write goes on until it is done. */
  async trouble(day: Scenario, step: Step) {
    if (day.isTroubled) return;
    const fault = troubles[step.number % troubles.length] ?? "drop";
    day.isTroubled = true;
    day.http.fail(step.isKept ? "push" : "fetch", fault, 1 + (step.number % 2));
    day.story.push(`    ${step.isKept ? "push" : "fetch"}: ${fault}`);
    await day.sendAll([day.request(put(step), true), day.request(putIn(step), false)]);
    await day.heal();
  },
};
