/**
 * Random days in the life of a server, its remote, its clients and people who commit by hand, against
 * a model in memory: the real server in a process that is restarted and killed, real git over HTTP.
 *
 *     MODEL_SECONDS=600 npx vitest run test/server/model.test.ts
 *     SEED=1234 MODEL_PATH=5 npx vitest run test/server/model.test.ts
 *
 * A day that fails is told step by step, with the seed and the path that bring it back. What happens
 * is the same then; how fast, is not.
 */
import fc from "fast-check";
import { test } from "vitest";
import { defaultProject } from "../../schema/project/project.ts";
import { Scenario } from "./day.ts";
import { type Action, actions, type Step } from "./deeds.ts";
import { kill } from "./kill.ts";

const { environments } = defaultProject;

const seconds = Number(process.env.MODEL_SECONDS ?? 45);

type Happening = Step & { readonly does: Action };

const steps: fc.Arbitrary<Happening> = fc.record({
  does: fc.constantFrom<Action[]>(
    ...(["post", "post", "put", "put", "put", "putIn", "putIn", "remove"] as const),
    ...(["careful", "several", "several", "again", "again"] as const),
    ...(["edit", "move", "add", "drop", "breakIt", "rewind"] as const),
    ...(["restart", "kill", "kill", "late", "down", "up", "trouble", "trouble"] as const),
  ),
  name: fc.constantFrom("meal_planning", "daily_tips", "streaks"),
  folder: fc.constantFrom("growth", "nutrition", "unowned"),
  description: fc.constantFrom("", "One", "Two: three", "# four"),
  enabled: fc.boolean(),
  environment: fc.constantFrom(...environments.slice(1)),
  isKept: fc.boolean(),
  number: fc.nat({ max: 400 }),
});

test(
  "any day of clients, people, kills and a failing remote leaves what a model says",
  async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
    const path = process.env.MODEL_PATH;
    const deadline = Date.now() + seconds * 1_000;
    const counts: Record<string, number> = {};
    let days = 0;
    const property = fc.asyncProperty(
      fc.array(steps, { minLength: 12, maxLength: 16 }),
      async (all) => {
        if (Date.now() > deadline) return;
        days += 1;
        await live(all, counts);
      },
    );
    console.log(`SEED=${seed}`);
    const again = path === undefined ? {} : { path };
    await fc.assert(property, { seed, ...again, numRuns: 10_000, endOnFailure: true });
    console.log(`${days} days: ${JSON.stringify(counts)}`);
  },
  240_000 + seconds * 1_000,
);

async function live(all: readonly Happening[], counts: Record<string, number>): Promise<void> {
  const day = await Scenario.begin();
  try {
    for (const step of all) {
      counts[step.does] = (counts[step.does] ?? 0) + 1;
      day.story.push(tell(step));
      await actions[step.does](day, step);
      // Else it goes on with what it knows, while people commit.
      if (step.number % 3 === 0) await day.look();
    }
    await day.end();
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${message}\nWhat happened:\n${day.story.join("\n")}`, { cause: error });
  } finally {
    await kill(day.api.program, true);
  }
}

function tell({ does, name, enabled, environment, folder, isKept, number }: Happening): string {
  return `  ${does} ${name} ${enabled} ${environment} ${folder} ${isKept ? "kept " : ""}${number}`;
}
