import type { Figure, Section } from "../measure/figure.ts";
import { type Scratch, scratchWith } from "../measure/scratch.ts";
import { type Measurements, measureInTurns, Server } from "./load.ts";

/** Node 24 itself handles requests faster, so the product's own work is a larger share of the time. */
const leastShare = Number(process.versions.node.split(".")[0]) >= 24 ? 0.85 : 0.8;

/** Measured rounds of one start of the servers. */
const rounds = 2;

/**
 * The rate of reads of a list. The servers are started once for each run: how fast a process is depends
 * by some percent on where its code and data happen to lie in memory.
 */
export async function reads(size: number, runs: number): Promise<Section> {
  const scratch = scratchWith(size);
  const measured: Measurements = new Map();
  let figures: readonly Figure[] = [];
  for (let run = 0; run < runs; run++) figures = await measureReads(scratch, measured);
  return { title: `server, list of ${size} flags, 32 connections`, figures };
}

/** Starts the servers, adds their rounds to `measured`, and returns the figures of all rounds. */
async function measureReads(scratch: Scratch, measured: Measurements): Promise<readonly Figure[]> {
  using bare = await Server.start("bare", scratch);
  using authenticated = await Server.start("authenticated", scratch);
  using bunting = await Server.start("bunting", scratch);
  using express = await Server.start("express", scratch);
  const floor = { name: "bare node:http", server: bare };
  const plain = { name: "plain Express", server: express };
  const cases = [
    floor,
    {
      name: "bare node:http that checks the token",
      server: authenticated,
      than: floor.name,
      least: 0.85,
    },
    { name: "bunting", server: bunting, than: floor.name, least: leastShare },
    plain,
    {
      name: "bunting, by way of Express",
      server: bunting,
      request: { origin: "https://app.example.com" },
      than: plain.name,
      least: 0.4,
    },
  ];
  return await measureInTurns(cases, rounds, measured);
}
