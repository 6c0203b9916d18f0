import { chmodSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { createCommits } from "../../../store/remote/commits.ts";
import { Signer } from "../../../store/remote/signer.ts";
import { TestRepository, temporaryDirectory, testRepository } from "../../git/repository.ts";
import { sshKey, trustSettings } from "../../git/ssh-key.ts";
import {
  ada,
  begun,
  dailyTips,
  describe,
  expectSound,
  flagRemote,
  flagsOf,
  headOf,
  openStore,
  requestsOf,
  turn,
  write,
} from "../writes/writing.ts";

const service = "bunting@bunting.example";

/** Git's verdict on the signature of each commit after the first, the oldest first: `G` is good. */
function verdicts(repository: TestRepository, key: string): string[] {
  const args = ["log", "--reverse", "--format=%G?", "main"];
  return repository
    .git(...trustSettings(key, service), ...args)
    .split("\n")
    .slice(1);
}

test.each(["ed25519", "ecdsa", "rsa"])(
  "write() signs each of many commits with a key of %s, and pushes them at once",
  async (type) => {
    const { bare } = flagRemote();
    const key = sshKey({ type });
    const store = await openStore(bare, { signer: await Signer.open(key) });
    const pushes: string[] = [];
    store.onGit.add((operation) => void (operation === "push" && pushes.push(operation)));
    const writes = Array.from({ length: 20 }, (_, index) =>
      write(describe("daily_tips", `Größe ${index}`), { reason: "Because of\n\nthe audit" }),
    );
    const results = await Promise.all(writes.map((one) => store.write(one)));
    const commits = bare.git("log", "--reverse", "--format=%H", "main").split("\n").slice(1);
    expect(results.map((result) => "commit" in result && result.commit)).toEqual(commits);
    // The first is being pushed before the others arrive.
    expect(pushes.length).toBeLessThanOrEqual(2);
    expect(requestsOf(bare)).toEqual(writes.map(({ requestId }) => requestId));
    expect(verdicts(bare, key)).toEqual(commits.map(() => "G"));
    bare.git(...trustSettings(key, service), "verify-commit", ...commits);
    expectSound(bare, store);
  },
);

test("write() has a signature that another key does not verify", async () => {
  const { bare } = flagRemote();
  const [key, other] = [sshKey(), sshKey()];
  const store = await openStore(bare, { signer: await Signer.open(key) });
  await store.write(write(turn("meal_planning", false)));
  expect(verdicts(bare, key)).toEqual(["G"]);
  expect(verdicts(bare, other)).not.toContain("G");
});

test("write() signs again if it is repeated on top of another commit", async () => {
  const { bare, human } = flagRemote();
  const key = sshKey();
  const store = await openStore(bare, { signer: await Signer.open(key) });
  human.publish({ [dailyTips]: "description: Show two tips\nenabled: true\n" });
  const results = await Promise.all(
    [false, true, false].map((enabled) => store.write(write(turn("meal_planning", enabled)))),
  );
  expect(results.at(-1)).toMatchObject({ status: "committed", commit: headOf(bare) });
  expect(verdicts(bare, key)).toEqual(["N", "G", "G", "G"]);
  expect(await flagsOf(bare)).toMatchObject([
    { description: "Show two tips" },
    { decisions: { application: { enabled: false } } },
  ]);
  expectSound(bare, store);
});

test("write() fails if it cannot sign, and works when it can again", async () => {
  const { bare } = flagRemote();
  const key = sshKey();
  const store = await openStore(bare, { signer: await Signer.open(key) });
  const before = headOf(bare);
  const moved = new TestRepository(path.dirname(key));
  moved.move("key", "elsewhere");
  rmSync(`${key}.pub`);
  await expect(store.write(write(turn("meal_planning", false)))).rejects.toMatchObject({
    name: "WriteUnavailableError",
    message: "Cannot write: the commit cannot be signed",
  });
  expect(headOf(bare)).toBe(before);
  moved.move("elsewhere", "key");
  const result = await store.write(write(turn("meal_planning", false)));
  expect(result).toMatchObject({ status: "committed", commit: headOf(bare) });
});

test("createCommits() signs in a SHA-256 repository", async () => {
  const repository = testRepository({ objectFormat: "sha256" });
  const parent = repository.change(begun, { [dailyTips]: "enabled: true\n" });
  const key = sshKey();
  const commits = [1, 2].map((number) => ({
    files: [{ file: dailyTips, text: `enabled: ${number === 1}\n` }],
    message: `Number ${number}\n`,
    author: ada,
    time: begun,
  }));
  const directory = path.join(repository.directory, ".git");
  const made = await createCommits(directory, parent, commits, await Signer.open(key));
  const ids = made.map(({ id }) => id);
  repository.git(...trustSettings(key, service), "verify-commit", ...ids);
  expect(repository.git("rev-list", `${ids[1]}`)).toBe(
    [...ids].reverse().concat(parent).join("\n"),
  );
});

test.each<[string, () => string, RegExp]>([
  [
    "is not there",
    () => path.join(temporaryDirectory(), "none"),
    /": there is no such file; it must be/,
  ],
  [
    "is locked by a passphrase",
    () => sshKey({ passphrase: "sesame!" }),
    /passphrase.*; it must be a private key/,
  ],
  ["is none", () => noKey("not a key\n", 0o600), /; it must be a private key/],
  ["others may read", () => open(sshKey()), /: WARNING: UNPROTECTED .* too open\..*; it must be/],
  ["is a directory", () => temporaryDirectory(), /; it must be a private key/],
])("Signer.open() refuses a key that %s", async (_what, make, message) => {
  const key = make();
  const refused = expect(Signer.open(key)).rejects;
  await refused.toThrow(`Cannot sign commits with "${key}"`);
  await expect(Signer.open(key)).rejects.toThrow(message);
});

function open(key: string): string {
  chmodSync(key, 0o644);
  return key;
}

function noKey(text: string, mode: number): string {
  const file = path.join(temporaryDirectory(), "key");
  writeFileSync(file, text, { mode });
  return file;
}
