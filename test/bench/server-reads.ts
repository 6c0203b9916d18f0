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

/** Node 24 handles requests faster, so that our own work has a larger share; it also has to do less of it. */
const leastShare = Number(process.versions.node.split(".")[0]) >= 24 ? 0.85 : 0.8;

/** What is measured, how it is served, with which origin it is requested, and what it is compared with. */
const cases = [
  { name: "bare node:http", kind: "bare" },
  {
    name: "bare node:http that checks the token",
    kind: "authenticated",
    than: "bare node:http",
    least: 0.85,
  },
  { name: "bunting", kind: "bunting", than: "bare node:http", least: leastShare },
  { name: "plain Express", kind: "express" },
  // A request with an unknown origin is answered by Express, like everything but plain reads.
  {
    name: "bunting, by way of Express",
    kind: "bunting",
    origin: "https://app.example.com",
    than: "plain Express",
    least: 0.4,
  },
] as const;

/**
 * How fast a list is read: all servers run at the same time and are measured in turns, so that other
 * work of the machine affects all of them equally. A share is the median of the rounds' shares.
 */
export async function reads(size: number, rounds: number): Promise<Section> {
  const scratch = scratchWith(size);
  const load = new Background(jobs.load, []);
  const servers = new Map<string, Background>();
  for (const { kind } of cases) {
    const args = [kind, scratch.repository, scratch.path(".")];
    if (!servers.has(kind)) servers.set(kind, new Background(jobs.serve, args));
  }
  const places = new Map<string, { url: string; token: string }>();
  for (const [kind, server] of servers) places.set(kind, await server.receive());
  const measured = new Map<string, Measured[]>(cases.map(({ name }) => [name, []]));
  // The first round only warms.
  for (let round = 0; round <= rounds; round++) {
    for (const { name, kind, ...more } of cases) {
      const server = servers.get(kind) as Background;
      const before = (await server.ask()).cpu;
      const { rate, total } = await load.ask({ ...places.get(kind), ...more, seconds });
      const cpu = ((await server.ask()).cpu - before) / total;
      if (round > 0) measured.get(name)?.push({ rate, cpu });
    }
  }
  for (const job of [load, ...servers.values()]) job[Symbol.dispose]();
  const figures = cases.map((one) => figure(one, measured));
  return { title: `server, list of ${size} flags, 32 connections`, figures };
}

/** Answers a second, and µs of the server's processor for each. */
interface Measured {
  readonly rate: number;
  readonly cpu: number;
}

function figure(one: (typeof cases)[number], measured: Map<string, Measured[]>): Figure {
  const own = measured.get(one.name) ?? [];
  const comparisons: Comparison[] = [
    { unit: "answers/s", value: Math.round(middle(own.map(({ rate }) => rate))) },
    { unit: "µs of the processor", value: Math.round(middle(own.map(({ cpu }) => cpu)) * 10) / 10 },
  ];
  if (!("than" in one)) return { name: one.name, comparisons };
  const other = measured.get(one.than) ?? [];
  const shares = own.map(({ rate }, round) => rate / (other[round]?.rate ?? Number.NaN));
  const costs = own.map(({ cpu }, round) => (other[round]?.cpu ?? Number.NaN) / cpu);
  const share = { unit: `of ${one.than}`, value: middle(shares), cpu: middle(costs) };
  return { name: one.name, comparisons: [...comparisons, { ...share, least: one.least }] };
}
