/**
 * Ten clients write through two servers while a person pushes commits: the branch must match the
 * responses. `SEED` and `WRITES` repeat a run.
 */
import { expect, test } from "vitest";
import { serveOverHttp } from "../../git/http-remote.ts";
import { Random } from "../../random.ts";
import { startProcess } from "../setup/api.ts";
import { Remote } from "../setup/remote.ts";
import { TestTokens } from "../setup/tokens.ts";
import { commitByHand, counterFiles, expectEachOnce, Writer } from "./writer.ts";

const clients = 10;

const writes = Number(process.env.WRITES ?? 1_000);

test(`each of ${writes} writes by ${clients} clients of two servers is on the branch once, in order`, async () => {
  const random = new Random();
  const names = Array.from({ length: clients }, (_, index) => `client_${index}`);
  const remote = new Remote(counterFiles(names));
  const { url } = await serveOverHttp(remote.bare);
  const options = { remote, tokens: new TestTokens() };
  const apis = await Promise.all([
    startProcess(options),
    startProcess({ ...options, env: { FLAGS_REMOTE: url } }),
  ]);

  const byHand: string[] = [];
  const writers = names.map((name) => new Writer(name, random));
  const countAcknowledged = () => {
    const requests = writers.flatMap((writer) => writer.requests);
    const count = requests.filter(({ commit }) => commit !== undefined).length;
    if (count / 40 > byHand.length + 1) byHand.push(commitByHand(remote, byHand.length));
    return count;
  };
  const startedAt = performance.now();
  await Promise.all(
    writers.map((writer, index) => {
      const api = apis[index % apis.length];
      return api && writer.work(api, () => countAcknowledged() >= writes);
    }),
  );
  const seconds = (performance.now() - startedAt) / 1_000;

  expectEachOnce(remote, writers, byHand);
  expect(byHand.length).toBeGreaterThan(0);
  for (const api of apis) {
    await api.sync();
    expect(await api.ready()).toMatchObject({ status: "ok", commit: remote.head });
    expect(await api.program.end("SIGTERM")).toBe(0);
  }
  const requests = writers.flatMap((writer) => writer.requests);
  const refused = requests.filter(({ isRefused }) => isRefused).length;
  const figures = [
    `${countAcknowledged()} writes in ${seconds.toFixed(1)} s`,
    `${refused} refused`,
  ];
  console.log(`SEED=${random.seed}: ${figures.join(", ")}, ${byHand.length} by hand`);
}, 600_000);
