/**
 * Ten clients, two servers, and a person who commits by hand: what each was told is what is there.
 *
 *     WRITES=10000 npx vitest run test/server/crowd.test.ts
 */
import { expect, test } from "vitest";
import { serveOverHttp } from "../git/http-remote.ts";
import { Chance } from "../store/chance.ts";
import { startProcess } from "./api.ts";
import { commitByHand, countersOf, expectEachOnce, Writer } from "./crowd.ts";
import { Remote } from "./remote.ts";
import { TestTokens } from "./tokens.ts";

const writes = Number(process.env.WRITES ?? 1_000);
const clients = 10;

test(`${clients} clients of two servers, with a person committing: each of ${writes} writes once, in order`, async () => {
  const chance = new Chance();
  const names = Array.from({ length: clients }, (_, index) => `client_${index}`);
  const remote = new Remote(countersOf(names));
  const { url } = await serveOverHttp(remote.bare);
  const given = { remote, tokens: new TestTokens() };
  const apis = await Promise.all([
    startProcess(given),
    startProcess({ ...given, env: { FLAGS_REMOTE: url } }),
  ]);

  const byHand: string[] = [];
  const writers = names.map((name) => new Writer(name, chance));
  const done = () => {
    const wishes = writers.flatMap((writer) => writer.wishes);
    const count = wishes.filter(({ commit }) => commit !== undefined).length;
    if (count / 40 > byHand.length + 1) byHand.push(commitByHand(remote, byHand.length));
    return count;
  };
  const began = performance.now();
  await Promise.all(
    writers.map((writer, index) => {
      const api = apis[index % apis.length];
      return api && writer.work(api, () => done() >= writes);
    }),
  );
  const seconds = (performance.now() - began) / 1_000;

  expectEachOnce(remote, writers, byHand);
  for (const api of apis) {
    await api.sync();
    expect(await api.ready()).toMatchObject({ status: "ok", commit: remote.head });
    expect(await api.program.end("SIGTERM")).toBe(0);
  }
  const refused = writers.flatMap(({ wishes }) => wishes).filter((wish) => wish.isRefused).length;
  const told = [`${done()} writes in ${seconds.toFixed(1)} s`, `${refused} refused`];
  console.log(`SEED=${chance.seed}: ${told.join(", ")}, ${byHand.length} by hand`);
}, 600_000);
