/**
 * Random scenarios of a server, its remote, its clients and people who commit, checked against a model in
 * memory. The server is a real process that is restarted and killed; its remote is real git over HTTP.
 * A failure prints its steps, the seed and the path. `SEED` and `MODEL_PATH` repeat it, with other timing.
 */
import fc from "fast-check";
import { test } from "vitest";
import { defaultProject } from "../../../schema/project/project.ts";
import { kill } from "../setup/kill.ts";
import { type Action, actions, type Step } from "./actions.ts";
import { Scenario } from "./scenario.ts";

const { environments } = defaultProject;

type NamedStep = Step & { readonly action: Action };

const steps: fc.Arbitrary<NamedStep> = fc.record({
  action: fc.constantFrom<Action[]>(
    ...(["post", "post", "put", "put", "put", "putIn", "putIn", "remove"] as const),
    ...([
      "putIfMatch",
      "concurrentWrites",
      "concurrentWrites",
      "repeatWithKey",
      "repeatWithKey",
    ] as const),
    ...([
      "editByHand",
      "moveByHand",
      "addByHand",
      "deleteByHand",
      "commitInvalidFile",
      "rewindBranch",
    ] as const),
    ...(["restartServer", "killServer", "killServer", "latePush"] as const),
    ...(["remoteDown", "remoteUp", "remoteFault", "remoteFault"] as const),
  ),
  name: fc.constantFrom("meal_planning", "daily_tips", "streaks"),
  folder: fc.constantFrom("growth", "nutrition", "unowned"),
  description: fc.constantFrom("", "One", "Two: three", "# four"),
  enabled: fc.boolean(),
  environment: fc.constantFrom(...environments.slice(1)),
  isKeyed: fc.boolean(),
  number: fc.nat({ max: 400 }),
});

/** New scenarios start for this long, at least one. */
const seconds = Number(process.env.MODEL_SECONDS ?? 120);

test(
  "any sequence of requests, commits, kills and faults leaves the flags of the model",
  async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
    const path = process.env.MODEL_PATH;
    const deadline = Date.now() + seconds * 1_000;
    const counts: Record<string, number> = {};
    let scenarios = 0;
    const property = fc.asyncProperty(
      fc.array(steps, { minLength: 12, maxLength: 16 }),
      async (all) => {
        if (scenarios > 0 && Date.now() > deadline) return;
        scenarios += 1;
        await runScenario(all, counts);
      },
    );
    console.log(`SEED=${seed}`);
    const start = path === undefined ? {} : { path };
    await fc.assert(property, { seed, ...start, numRuns: 10_000, endOnFailure: true });
    console.log(`${scenarios} scenarios: ${JSON.stringify(counts)}`);
  },
  240_000 + seconds * 1_000,
);

async function runScenario(
  all: readonly NamedStep[],
  counts: Record<string, number>,
): Promise<void> {
  const scenario = await Scenario.begin();
  try {
    for (const step of all) {
      counts[step.action] = (counts[step.action] ?? 0) + 1;
      scenario.log.push(formatStep(step));
      await actions[step.action](scenario, step);
      // Not after every step: the server must also write while it has not seen a person's commit.
      if (step.number % 3 === 0) await scenario.checkReads();
    }
    await scenario.end();
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${message}\nSteps:\n${scenario.log.join("\n")}`, { cause: error });
  } finally {
    await kill(scenario.api.program, true);
  }
}

function formatStep(step: NamedStep): string {
  const { action, name, enabled, environment, folder, isKeyed, number } = step;
  return `  ${action} ${name} ${enabled} ${environment} ${folder} ${isKeyed ? "keyed " : ""}${number}`;
}
