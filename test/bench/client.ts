import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { bundleClient } from "../../scripts/package/bundle-client.ts";
import type { Figure, Section } from "./measure/figure.ts";
import { runJob } from "./measure/job.ts";
import { type Plan, Samples } from "./measure/samples.ts";

const lookUps = new URL("./jobs/client.ts", import.meta.url);
/** The cases of `jobs/client.ts`. `isEnabled()` counts only with metrics. */
const ways = [
  "a Map's get()",
  "an own property",
  "isEnabled()",
  "isEnabled(), with metrics",
] as const;
const kilobyte = 1_000;

/** The code of a page with one flag for each client, from the start of its documentation. */
const others: Readonly<Record<string, string>> = {
  "unleash-proxy-client": `
    import { UnleashClient } from "unleash-proxy-client";
    const client = new UnleashClient({ url: "https://u.example/api/frontend", clientKey: "k", appName: "a" });
    await client.start();
    export const isOn = client.isEnabled("meal_planning");`,
  "@growthbook/growthbook": `
    import { GrowthBook } from "@growthbook/growthbook";
    const client = new GrowthBook({ apiHost: "https://g.example", clientKey: "k" });
    await client.init();
    export const isOn = client.isOn("meal_planning");`,
  "launchdarkly-js-client-sdk": `
    import { initialize } from "launchdarkly-js-client-sdk";
    const client = initialize("k", { kind: "user", anonymous: true });
    await client.waitForInitialization(5);
    export const isOn = client.variation("meal_planning", false);`,
  "configcat-js": `
    import { getClient } from "configcat-js";
    export const isOn = await getClient("k").getValueAsync("meal_planning", false);`,
  "@featurevisor/sdk": `
    import { createInstance } from "@featurevisor/sdk";
    const datafile = await (await fetch("https://f.example/datafile.json")).json();
    export const isOn = createInstance({ datafile }).isEnabled("meal_planning");`,
  flagsmith: `
    import flagsmith from "flagsmith";
    await flagsmith.init({ environmentID: "k" });
    export const isOn = flagsmith.hasFeature("meal_planning");`,
};

/** The cost of the client: its size compared with others, and a flag compared with a bare look-up. */
export async function* client({ runs, progress }: Plan): AsyncGenerator<Section> {
  progress("client: sizes");
  yield { title: "client, minified and gzipped", figures: await sizes() };
  progress("client: look-ups");
  yield { title: "client, ten million look-ups among 100 flags", figures: await reads(runs) };
}

async function sizes(): Promise<Figure[]> {
  const [core, react, extras, rules, compare] = await Promise.all([
    bundleClient("flags"),
    bundleClient("react"),
    bundleClient("extras"),
    bundleClient("rules"),
    bundleClient("compare"),
  ]);
  const own = [
    size("bunting", [core], 2 * kilobyte),
    size("bunting, with React's hooks", [core, react], 2.5 * kilobyte),
    size("bunting, with metrics, reports and event stream", [core, extras]),
    // `rules` contains the core.
    size("bunting, with percentages, rules and variants", [rules]),
    size("bunting, with rules that compare", [rules, compare]),
    additionalSize("of which percentages, rules and variants", rules, core, 1.6 * kilobyte),
    ...(await Promise.all(evaluatorParts.map(evaluatorPart))),
  ];
  const theirs = Object.entries(others).map(async ([name, page]) => size(name, [await pack(page)]));
  return [...own, ...(await Promise.all(theirs))];
}

/** The size of each module of the evaluator, with its imports. */
const evaluatorParts = [
  ["the whole evaluator", "evaluate"],
  ["the hash", "hash"],
  ["comparisons, versions included", "compare"],
  ["versions", "version"],
] as const;

async function evaluatorPart([name, module]: (typeof evaluatorParts)[number]): Promise<Figure> {
  const file = JSON.stringify(`../../schema/evaluate/${module}.ts`);
  return size(`of which ${name}, packed alone`, [await pack(`export * from ${file};`)]);
}

/** How much larger `whole` is than `part`, which it contains. */
function additionalSize(name: string, whole: Uint8Array, part: Uint8Array, bound: number): Figure {
  const [more, less] = [whole, part].map((bytes) => gzipSync(bytes, { level: 9 }).length);
  return { name, comparisons: [{ unit: "bytes", value: Number(more) - Number(less), bound }] };
}

function size(name: string, modules: readonly Uint8Array[], bound?: number): Figure {
  const bytes = modules.reduce((sum, module) => sum + gzipSync(module, { level: 9 }).length, 0);
  return { name, comparisons: [{ unit: "bytes", value: bytes, bound }] };
}

async function pack(page: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    stdin: { contents: page, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
    logLevel: "error",
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
}

async function reads(runs: number): Promise<Figure[]> {
  const samples = new Samples();
  for (let run = 0; run < runs; run++) {
    for (const way of ways) samples.add(way, (await runJob(lookUps, [way]))[way]);
  }
  return ways.map((name) => {
    const cost = samples.median(name);
    // Processor time, because a look-up waits for nothing, and other work on the machine affects it less.
    const of = (floor: string, bound?: number) => {
      const value = cost.cpu / samples.median(floor).cpu;
      return { unit: `of the processor time of ${floor}`, value, bound };
    };
    const bound = name === "isEnabled()" ? 2 : undefined;
    return name.startsWith("isEnabled()")
      ? { name, cost, comparisons: [of("a Map's get()", bound), of("an own property", bound)] }
      : { name, cost };
  });
}
