import { middle } from "./cost.ts";
import type { Comparison, Figure, Section } from "./figure.ts";
import { Background } from "./process.ts";
import { scratchWith } from "./scratch.ts";

const jobs = {
  serve: new URL("./jobs/serve.ts", import.meta.url),
  load: new URL("./jobs/load.ts", import.meta.url),
};
/** How long a turn takes. */
const seconds = 2;
const flags = 100;

const body = JSON.stringify({ context: { targetingKey: "user-1", country: "SE", plan: "family" } });
const evaluate = "/ofrep/v1/evaluate/flags";
const read = "a flag, read by way of Express";

interface Case {
  readonly name: string;
  /** The path, for the name of a flag. */
  readonly path: (flag: string) => string;
  readonly request?: { readonly method: string; readonly body: string };
  /** An unknown origin leads past the fast paths to Express. */
  readonly origin?: string;
  readonly than?: string;
  readonly least?: number;
}

const express = "https://app.example.com";
const post = { method: "POST", body };
const cases: readonly Case[] = [
  { name: read, path: (flag) => `/v1/feature-flags/${flag}`, origin: express },
  {
    name: "OFREP, one flag",
    path: (flag) => `${evaluate}/${flag}`,
    request: post,
    than: read,
    least: 1,
  },
  {
    name: "OFREP, one flag, by way of Express",
    path: (flag) => `${evaluate}/${flag}`,
    request: post,
    origin: express,
    than: read,
  },
  {
    name: `OFREP, ${flags} flags`,
    path: () => evaluate,
    request: post,
    than: read,
    least: 1,
  },
];

/** How fast flags are evaluated over OFREP, in turns with a read of one flag, on one server. */
export async function evaluations(rounds: number): Promise<Section> {
  const scratch = scratchWith(flags);
  const load = new Background(jobs.load, []);
  const server = new Background(jobs.serve, ["bunting", scratch.repository, scratch.path(".")]);
  const { url: list, token } = await server.receive();
  const response = await fetch(list, { headers: { authorization: `Bearer ${token}` } });
  const [flag = ""] = Object.keys(((await response.json()) as { flags: object }).flags);
  const measured = new Map<string, Measured[]>(cases.map(({ name }) => [name, []]));
  // The first round only warms.
  for (let round = 0; round <= rounds; round++) {
    for (const { name, path, request, origin } of cases) {
      const before = (await server.ask()).cpu;
      const url = new URL(path(flag), list).href;
      const { rate, total } = await load.ask({ url, token, origin, seconds, ...request });
      const cpu = ((await server.ask()).cpu - before) / total;
      if (round > 0) measured.get(name)?.push({ rate, cpu });
    }
  }
  for (const job of [load, server]) job[Symbol.dispose]();
  const figures = cases.map((one) => figure(one, measured));
  return { title: `server, evaluations of ${flags} flags, 32 connections`, figures };
}

/** Answers a second, and µs of the server's processor for each. */
interface Measured {
  readonly rate: number;
  readonly cpu: number;
}

function figure({ name, than, least }: Case, measured: Map<string, Measured[]>): Figure {
  const own = measured.get(name) ?? [];
  const comparisons: Comparison[] = [
    { unit: "answers/s", value: Math.round(middle(own.map(({ rate }) => rate))) },
    { unit: "µs of the processor", value: Math.round(middle(own.map(({ cpu }) => cpu)) * 10) / 10 },
  ];
  if (than === undefined) return { name, comparisons };
  const other = measured.get(than) ?? [];
  const shares = own.map(({ rate }, round) => rate / (other[round]?.rate ?? Number.NaN));
  const costs = own.map(({ cpu }, round) => (other[round]?.cpu ?? Number.NaN) / cpu);
  const share = { unit: `of ${than}`, value: middle(shares), cpu: middle(costs), least };
  return { name, comparisons: [...comparisons, share] };
}
