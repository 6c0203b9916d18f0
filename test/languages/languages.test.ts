/** Other evaluators beside ours, over the table of cases. `docs/languages/README.md` has the results. */
import { FlagdProvider } from "@openfeature/flagd-provider";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { BuntingServerProvider } from "../../client/openfeature-server.ts";
import { evaluate } from "../../schema/evaluate/evaluate.ts";
import { type Api, startService } from "../server/api.ts";
import { Remote } from "../server/remote.ts";
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
import { commandOf, describeWith, type ProgramName, pythonCommand } from "./programs.ts";
import { Release } from "./release.ts";
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

/** The row of each evaluator that was run in the table of `docs/languages/README.md`. */
const results = new Map<string, number>();

/**
 * Compares an evaluator with ours. A known difference has to be there: a test that fails because it
 * has disappeared says that the documentation is out of date.
 */
async function compare(row: string, answers: Answer[][], ...known: KnownDifference[]) {
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
    await compare("JavaScript, definitions", await evaluateInNode(provider, flags, contexts));
  });

  test("flagd's provider agrees with evaluate() over a file", async () => {
    const provider = new FlagdProvider({
      resolverType: "in-process",
      offlineFlagSourcePath: release.flagdFile,
    });
    const answers = await evaluateInNode(provider, flags, contexts);
    await compare("JavaScript, flagd.json", answers, inheritedAttribute);
  });
});

describeWith("flagd")("flagd's engine agrees with evaluate()", () => {
  test("over the published flagd.json from an HTTP source", async () => {
    const url = `${site.url}/v1/flagd.json`;
    await compare("flagd, HTTP", await run([...commandOf("flagd"), "http", url]));
  });

  test("over the published flagd.json from a file", async () => {
    const command = [...commandOf("flagd"), "file", release.flagdFile] as const;
    await compare("flagd, file", await run(command));
  });
});

const overOfrep: [ProgramName, ...KnownDifference[]][] = [
  ["go"],
  ["python"],
  ["java", nullAttribute],
];
describe.each(overOfrep)("%s over OFREP", (language, ...known) => {
  describeWith(language)("with the SDK and its provider", () => {
    test("agrees with evaluate()", async () => {
      const token = api.tokens.of("reader");
      const answers = await run([...commandOf(language), "ofrep", api.url, token]);
      await compare(`${language}, OFREP`, answers, ...known);
    });
  });
});

const overFile: [ProgramName, string, () => Command, ...KnownDifference[]][] = [
  ["python", "flagd.json", () => commandOf("python"), booleanIsNumber, hashedList],
  [
    ...(["python", "flagd.json, newest", () => pythonCommand("requirements-newest")] as const),
    ...[booleanIsNumber, otherHash],
  ],
  ["go", "flagd.json", () => commandOf("go"), otherHash],
  ["java", "flagd.json", () => commandOf("java"), otherHash],
];
describe.each(overFile)("%s over %s", (language, name, command, ...known) => {
  describeWith(language)("with the SDK and flagd's provider", () => {
    test("differs from evaluate() only where it is known to", async () => {
      const answers = await run([...command(), "flagd", release.flagdFile]);
      await compare(`${language}, ${name}`, answers, ...known);
    });
  });
});
