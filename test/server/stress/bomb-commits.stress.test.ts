/**
 * A server with a small heap, on a branch with a commit that is small in git and huge for its
 * readers: at the head, at a restart, and in the history once another commit has removed it.
 */
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../git/repository.ts";
import { commitWith, nestFolders } from "../../store/snapshot/bomb.ts";
import { type ProcessApi, signed, startProcess, until } from "../setup/api.ts";
import { kill } from "../setup/kill.ts";
import { began, Remote } from "../setup/remote.ts";
import { TestTokens } from "../setup/tokens.ts";

const list = "/v1/feature-flags/";
const meal = `${list}meal_planning`;

/** Megabytes. */
const maxHeap = 512;
/** How long a read may wait while a commit is examined, in milliseconds, also on a busy machine. */
const maxReadMs = 5_000;
/** How long the examination of a commit may take, in milliseconds, also on a busy machine. */
const maxExamineMs = 120_000;

interface Bomb {
  readonly name: string;
  /** The code of the problem in `/readyz`. */
  readonly code: string;
  /** Writes the folder, and returns the id of its tree. */
  make(remote: Remote): string;
}

const manyPaths = (width: number, depth: number): Bomb => ({
  name: `a commit of ${width ** depth} paths`,
  code: "too-large",
  make: ({ bare }) => nestFolders(bare, width, depth),
});

const deepFolders = (depth: number): Bomb => ({
  name: `a commit of ${depth} folders in each other`,
  code: "too-deep",
  make: ({ bare }) => nestFolders(bare, 1, depth),
});

const hugeBlob = (megabytes: number): Bomb => ({
  name: `a flag file of ${megabytes} MB`,
  code: "too-large",
  make({ bare }) {
    const head = `head -c ${megabytes * 1_048_576} /dev/zero | tr '\\0' '#'`;
    const script = `!${head} | git hash-object -w --stdin`;
    const blob = bare.git("-c", `alias.huge=${script}`, "huge");
    return bare.run(["mktree"], { input: `100644 blob ${blob}\thuge.yaml\n` });
  },
});

function testBomb(bomb: Bomb): void {
  test(`a server with ${maxHeap} MB survives ${bomb.name}`, { timeout: 900_000 }, async () => {
    const remote = new Remote();
    const [tokens, data] = [new TestTokens(), temporaryDirectory()];
    const start = (directory = data) =>
      startProcess({
        ...{ remote, tokens, data: directory },
        env: { NODE_OPTIONS: `--max-old-space-size=${maxHeap}` },
      });
    const tree = bomb.make(remote);
    const first = await start();
    const { text: before, json } = await first.ask(`GET ${list}`);
    const bad = commitWith(remote.bare, remote.head, tree, began + 60);
    remote.bare.git("update-ref", "refs/heads/main", bad);

    await expectRefused(first, bomb, before);
    await kill(first.program, true);

    // The last valid release is served again, and by a server that starts.
    const second = await start();
    await expectRefused(second, bomb, before);
    expect((await second.ask(`PUT ${meal}`, { body: { enabled: false } })).status).toBe(503);

    const removed = commitWith(remote.bare, bad, null, began + 120);
    remote.bare.git("update-ref", "refs/heads/main", removed);
    await second.ask("POST /webhooks/github", signed("{}"));
    await until(async () => (await second.ready()).commit === removed, maxExamineMs);
    expect((await second.ask(`GET ${list}`)).json.flags).toEqual(json.flags);
    expect((await second.ask(`PUT ${meal}`, { body: { enabled: false } })).status).toBe(200);
    await expectHistory(second);

    // Another server reads the whole history, with the commit in its middle.
    const third = await start(temporaryDirectory());
    await expectHistory(third);
    expect((await third.ask(`GET ${list}`)).text).toBe((await second.ask(`GET ${list}`)).text);
    for (const { program } of [second, third]) {
      expect(program.child.exitCode).toBe(null);
      program.child.kill("SIGTERM");
      expect(await program.ended).toBe(0);
    }
  });
}

/** The head is refused with its code; reads get the release before it. */
async function expectRefused(api: ProcessApi, { code }: Bomb, before: string): Promise<void> {
  await api.ask("POST /webhooks/github", signed("{}"));
  await until(async () => {
    const start = performance.now();
    const { status, text } = await api.ask(`GET ${list}`);
    expect([status, text]).toEqual([200, before]);
    expect(performance.now() - start).toBeLessThan(maxReadMs);
    return JSON.stringify(await api.ready()).includes(`[${code}]`);
  }, maxExamineMs);
}

async function expectHistory(api: ProcessApi): Promise<void> {
  const { status, json } = await api.ask(`GET ${meal}/history`);
  expect(status).toBe(200);
  const kinds = json.changes.map(({ kind }: { kind: string }) => kind);
  expect(kinds).toEqual(["updated", "created"]);
  expect((await api.ask(`GET ${meal}`)).json.created_at).toBe("2024-08-31T12:00:00Z");
}

for (const bomb of [manyPaths(10, 6), manyPaths(1_000, 2), deepFolders(3_000), hugeBlob(200)])
  testBomb(bomb);
