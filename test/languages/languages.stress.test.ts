/** Other evaluators compared with ours, over the table of cases. `docs/languages/README.md` has the results. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { FlagdProvider } from "@openfeature/flagd-provider";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { BuntingServerProvider } from "../../client/openfeature-server.ts";
import { evaluate } from "../../schema/evaluate/evaluate.ts";
import { top } from "../scripts/setup/run.ts";
import { type Api, startService } from "../server/setup/api.ts";
import { Remote } from "../server/setup/remote.ts";
import { caseFiles, contexts, findDifferences, summarize, typedFlags } from "./cases.ts";
import { type Answer, Evaluator, type TypedFlag } from "./evaluator.ts";
import { evaluateInNode } from "./javascript.ts";
import {
  booleanIsNumber,
  hashedList,
  inheritedAttribute,
  type KnownDifference,
  nullAttribute,
  otherHash,
} from "./known-differences.ts";
import { commandOf, describeWith, pythonCommand, type Sdk } from "./programs.ts";
import { Release } from "./release.ts";
import { type Row, tableOf } from "./results.ts";
import { serveDirectory } from "./static-server.ts";

// An SDK sends 12,000 requests, one after the other.
vi.setConfig({ testTimeout: 300_000 });

const release = new Release();
let flags: readonly TypedFlag[];
let api: Api;
let site: Awaited<ReturnType<typeof serveDirectory>>;

beforeAll(async () => {
  await release.build(caseFiles());
  flags = typedFlags(release.definitions);
  site = await serveDirectory(release.directory);
  api = await startService({ remote: new Remote(caseFiles()) });
});
afterAll(() => site?.[Symbol.asyncDispose]());

type Command = readonly [string, ...string[]];

function run(command: Command): Promise<Answer[][]> {
  const program = new Evaluator(command, flags);
  return program.evaluate(contexts).finally(() => program[Symbol.dispose]());
}

/** The number of differences of each evaluator that was run. */
const results = new Map<Row, number>();

/**
 * Compares an evaluator with ours. A known difference must exist: if it has disappeared, the test fails,
 * because the documentation is out of date.
 */
async function compare(row: Row, answers: Answer[][], ...known: KnownDifference[]) {
  const { definitions } = release;
  const differences = findDifferences(definitions, answers);
  results.set(row, differences.length);
  const isKnown = (at: number) => {
    const difference = differences[at];
    const definition = difference && definitions.flags[difference.flag];
    return definition ? known.filter((is) => is(difference, definition)) : [];
  };
  expect(summarize(differences.filter((_, at) => isKnown(at).length === 0))).toEqual([]);
  const found = new Set(differences.flatMap((_, at) => isKnown(at)));
  expect(known.filter((is) => !found.has(is)).map(({ name }) => name)).toEqual([]);
}

test("the table of cases has 12,000 decisions, with at least two answers for each flag that is on", () => {
  expect(flags.length * contexts.length).toBe(12_000);
  const { definitions } = release;
  const constant = flags.filter(({ name }) => {
    const answers = contexts.map((context) => evaluate(definitions, name, context).variant);
    return new Set(answers).size < 2;
  });
  expect(constant.map(({ name }) => name)).toEqual(["killed", "plain_on"]);
});

describe("JavaScript for servers", () => {
  test("Bunting's provider agrees with evaluate() over definitions.json", async () => {
    const provider = new BuntingServerProvider({ url: `${site.url}/v1/definitions.json` });
    await compare("definitions.json in Node", await evaluateInNode(provider, flags, contexts));
  });

  test("flagd's provider agrees with evaluate() over a file", async () => {
    const provider = new FlagdProvider({
      resolverType: "in-process",
      offlineFlagSourcePath: release.flagdFile,
    });
    const answers = await evaluateInNode(provider, flags, contexts);
    await compare("flagd.json in Node", answers, inheritedAttribute);
  });
});

describeWith("flagd")("flagd's engine agrees with evaluate()", () => {
  test("over the published flagd.json from an HTTP source", async () => {
    const url = `${site.url}/v1/flagd.json`;
    await compare(
      "flagd.json in flagd, HTTP source",
      await run([...commandOf("flagd"), "http", url]),
    );
  });

  test("over the published flagd.json from a file", async () => {
    const command = [...commandOf("flagd"), "file", release.flagdFile] as const;
    await compare("flagd.json in flagd, file", await run(command));
  });
});

const overOfrep: [Sdk, ...KnownDifference[]][] = [["go"], ["python"], ["java", nullAttribute]];
describe.each(overOfrep)("%s over OFREP", (language, ...known) => {
  describeWith(language)("with the SDK and its provider", () => {
    test("agrees with evaluate()", async () => {
      const token = api.tokens.of("reader");
      const answers = await run([...commandOf(language), "ofrep", api.url, token]);
      await compare(`OFREP in ${language}`, answers, ...known);
    });
  });
});

const overFile: [Row, Sdk, () => Command, ...KnownDifference[]][] = [
  ["flagd.json in python", "python", () => commandOf("python"), booleanIsNumber, hashedList],
  [
    ...(["newest flagd.json in python", "python"] as const),
    () => pythonCommand("requirements-newest"),
    ...[booleanIsNumber, otherHash],
  ],
  ["flagd.json in go", "go", () => commandOf("go"), otherHash],
  ["flagd.json in java", "java", () => commandOf("java"), otherHash],
];
describe.each(overFile)("%s", (row, language, command, ...known) => {
  describeWith(language)("with the SDK and flagd's provider", () => {
    test("has only the known differences from evaluate()", async () => {
      const answers = await run([...command(), "flagd", release.flagdFile]);
      await compare(row, answers, ...known);
    });
  });
});

test("docs/languages/README.md has these results", () => {
  const lines = tableOf(results);
  process.stdout.write(`${lines.join("\n")}\n`);
  const readme = readFileSync(path.join(top, "docs/languages/README.md"), "utf8").split("\n");
  expect(lines.filter((line) => !readme.includes(line))).toEqual([]);
});
