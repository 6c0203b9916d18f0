import type { Section } from "../measure/figure.ts";
import { scratchWith } from "../measure/scratch.ts";
import { measureInTurns, Server } from "./load.ts";

const flags = 100;
const origin = "https://app.example.com";
const body = JSON.stringify({ context: { targetingKey: "user-1", country: "SE", plan: "family" } });
const post = { method: "POST", body };

/** The rate of evaluations over OFREP, compared with reads of one flag from the same server. */
export async function evaluations(rounds: number): Promise<Section> {
  using server = await Server.start("bunting", scratchWith(flags));
  const headers = { authorization: `Bearer ${server.token}` };
  const response = await fetch(server.url, { headers });
  const [flag = ""] = Object.keys(((await response.json()) as { flags: object }).flags);
  const evaluate = new URL("/ofrep/v1/evaluate/flags", server.url).href;
  const read = {
    name: "a flag, read by way of Express",
    server,
    request: { url: `${server.url}${flag}`, origin },
  };
  const one = { ...post, url: `${evaluate}/${flag}` };
  const than = read.name;
  const cases = [
    read,
    { name: "OFREP, one flag", server, request: one, than, least: 1 },
    { name: "OFREP, one flag, by way of Express", server, request: { ...one, origin }, than },
    {
      name: `OFREP, ${flags} flags`,
      server,
      request: { ...post, url: evaluate },
      than,
      least: 1,
    },
  ];
  return {
    title: `server, evaluations of ${flags} flags, 32 connections`,
    figures: await measureInTurns(cases, rounds),
  };
}
