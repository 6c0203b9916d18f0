/**
 * Servers are killed at random moments while steps of many flags become due. One uses a path as its
 * remote, and its git processes survive it; the other uses HTTP, and its git processes are killed with it. Each
 * step must be applied by exactly one commit, in the order of its flag. `SEED` and `KILLS` repeat a run.
 */
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { serveOverHttp } from "../../git/http-remote.ts";
import { temporaryDirectory } from "../../git/repository.ts";
import { Random } from "../../random.ts";
import { startProcess, until } from "../setup/api.ts";
import { kill } from "../setup/kill.ts";
import { Remote } from "../setup/remote.ts";
import { TestTokens } from "../setup/tokens.ts";

const flags = Array.from({ length: 12 }, (_, index) => `flag_${String.fromCharCode(97 + index)}`);
const stepsPerFlag = 8;
/**
 * Steps in different seconds of the next `span`, some of them late from the start. The rollout is the
 * number of the step.
 */
function fileOf(random: Random, span: number): string {
  const offsets = new Set<number>();
  while (offsets.size < stepsPerFlag) offsets.add(random.below(span) - 3);
  const start = Math.floor(Date.now() / 1_000) * 1_000;
  const steps = [...offsets]
    .sort((a, b) => a - b)
    .map((offset, index) => {
      const at = new Date(start + offset * 1_000).toISOString().replace(".000", "");
      return `  - { at: ${at}, rollout: ${index + 1} }\n`;
    });
  return `enabled: true\nrollout: 0\nschedule:\n${steps.join("")}# the end\n`;
}

const kills = Number(process.env.KILLS ?? 40);

test(`each step is applied once when servers are killed at least ${kills} times`, async () => {
  const random = new Random();
  console.log(`SEED=${random.seed}`);
  const files = flags.map((name) => [`flags/stress/${name}.yaml`, fileOf(random, 15 + 2 * kills)]);
  const remote = new Remote(Object.fromEntries(files));
  const tokens = new TestTokens();
  const http = await serveOverHttp(remote.bare);
  let left = kills;
  const lanes = [remote.directory, http.url].map((url) => {
    const data = temporaryDirectory();
    const start = () => startProcess({ remote, tokens, data, env: { FLAGS_REMOTE: url } });
    return { start, killsChildren: url === http.url };
  });
  await Promise.all(
    lanes.map(async ({ start, killsChildren }) => {
      // Continues if no server ran long enough to apply a step.
      for (let maxLifetimeMs = 3_000; left-- > 0 || remote.length === 1; ) {
        const before = remote.length;
        const { program } = await start();
        await pause(random.below(maxLifetimeMs));
        await kill(program, killsChildren);
        // Adapts to the speed of the machine, so that kills hit every phase of a step.
        maxLifetimeMs *= remote.length > before ? 0.7 : 1.3;
      }
    }),
  );
  const during = remote.length - 1;
  const servers = await Promise.all(lanes.map(({ start }) => start()));
  const wanted = flags.length * stepsPerFlag;
  await until(() => remote.length > wanted, 120_000);
  // A step that is applied twice would come now.
  await Promise.all(servers.map((api) => api.sync()));
  expect(remote.length).toBe(wanted + 1);
  for (const name of flags) {
    const subjects = remote.bare
      .git("log", "--reverse", "--format=%s", "main", "--", `flags/stress/${name}.yaml`)
      .split("\n")
      .slice(1);
    const expected = Array.from(
      { length: stepsPerFlag },
      (_, index) => `Roll out ${name} to ${index + 1} %`,
    );
    expect(subjects).toEqual(expected);
    expect(remote.file(`flags/stress/${name}.yaml`)).toBe(
      `enabled: true\nrollout: ${stepsPerFlag}\n\n# the end`,
    );
  }
  expect(during).toBeGreaterThan(0);
  console.log(`${during} of ${wanted} steps were applied by servers that were killed`);
}, 600_000);
