/** Other evaluators beside ours, over the table of cases. */
import { beforeAll, expect, test } from "vitest";
import { evaluate } from "../../schema/evaluate/evaluate.ts";
import { caseFiles, contexts, type Difference, findDifferences, typedFlags } from "./cases.ts";
import { Evaluator, type TypedFlag } from "./evaluator.ts";
import { commandOf, describeWith, pythonCommand } from "./programs.ts";
import { Release } from "./release.ts";
import { serveDirectory } from "./static-server.ts";

const release = new Release();
let flags: readonly TypedFlag[];

beforeAll(async () => {
  await release.build(caseFiles());
  flags = typedFlags(release.definitions);
});

async function compare(command: readonly [string, ...string[]]) {
  using program = new Evaluator(command, flags);
  return findDifferences(release.definitions, await program.evaluate(contexts));
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

describeWith("flagd")("flagd's engine", () => {
  test("agrees with evaluate() over the published flagd.json from an HTTP source", async () => {
    await using server = await serveDirectory(release.directory);
    const url = `${server.url}/v1/flagd.json`;
    expect(await compare([...commandOf("flagd"), "http", url])).toEqual([]);
  });

  test("agrees with evaluate() over the published flagd.json from a file", async () => {
    expect(await compare([...commandOf("flagd"), "file", release.flagdFile])).toEqual([]);
  });

  test.each(["http", "file"])("applies a new publication from its %s source", async (kind) => {
    const changing = new Release();
    const file = "flags/new_menu.yaml";
    await changing.build({ ...caseFiles(), [file]: "description: Menu\nenabled: false\n" });
    await using server = await serveDirectory(changing.directory);
    const source = kind === "http" ? `${server.url}/v1/flagd.json` : changing.flagdFile;
    const menu = [{ name: "new_menu", type: "boolean" }] as const;
    using program = new Evaluator([...commandOf("flagd"), kind, source], menu);
    const answer = async () => (await program.evaluate([{}]))[0]?.[0];
    expect(await answer()).toEqual([false, "off", null]);
    await changing.build({ [file]: "description: Menu\nenabled: true\n" });
    await expect.poll(answer, { timeout: 15_000 }).toEqual([true, "on", null]);
  });

  test("hashes an id without the spaces at its end, unlike evaluate()", async () => {
    const ids = Array.from({ length: 100 }, (_, at) => `user-${at} `);
    const command = [...commandOf("flagd"), "file", release.flagdFile] as const;
    using program = new Evaluator(command, [{ name: "button_colour", type: "string" }]);
    const answers = await program.evaluate(ids.map((targetingKey) => ({ targetingKey })));
    const variants = answers.map(([answer]) => answer?.[1]);
    const ours = (id: string) =>
      evaluate(release.definitions, "button_colour", { targetingKey: id }).variant;
    expect(variants).toEqual(ids.map((id) => ours(id.trimEnd())));
    expect(variants).not.toEqual(ids.map(ours));
  });
});

describeWith("python")("Python's provider for flagd", () => {
  const read = (requirements: "requirements" | "requirements-newest") =>
    compare([...pythonCommand(requirements), "flagd", release.flagdFile]);

  test("agrees with evaluate() over a file, but for 1 as a boolean and for lists", async () => {
    const differences = await read("requirements");
    expect(differences.filter((difference) => !isOfPython(difference))).toEqual([]);
    expect(differences.length).toBeGreaterThan(0);
  });

  test("divides callers in another way from flagd-core 2 on, unlike evaluate()", async () => {
    const differences = await read("requirements-newest");
    const wrong = differences.filter((difference) => !isOfPython(difference));
    const { definitions } = release;
    const isDivided = ({ flag }: Difference) =>
      definitions.flags[flag]?.variants ||
      [definitions.flags[flag], ...(definitions.flags[flag]?.rules ?? [])].some(
        (part) => part?.rollout !== undefined && part.rollout % 100 !== 0,
      );
    expect(wrong.filter((difference) => !isDivided(difference))).toEqual([]);
    expect(wrong.length).toBeGreaterThan(1_000);
  });
});

/** In Python `1 == True`, and flagd-core hashes a list as text. */
function isOfPython({ flag, context }: Difference): boolean {
  if (flag === "beta_menu") return context.beta === 1;
  if (flag === "adults") return context.age === true;
  return (
    release.definitions.flags[flag]?.bucket === "clinic_id" && Array.isArray(context.clinic_id)
  );
}
