import type { Section } from "../measure/figure.ts";
import { scratchWith } from "../measure/scratch.ts";
import { measureInTurns, Server } from "./load.ts";

/** Node 24 itself handles requests faster, so the product's own work is a larger share of the time. */
const leastShare = Number(process.versions.node.split(".")[0]) >= 24 ? 0.85 : 0.8;

/** The rate of reads of a list. */
export async function reads(size: number, rounds: number): Promise<Section> {
  const scratch = scratchWith(size);
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
  return {
    title: `server, list of ${size} flags, 32 connections`,
    figures: await measureInTurns(cases, rounds),
  };
}
