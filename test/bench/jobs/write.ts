/**
 * Changes flags through a remote for some seconds, and prints the acknowledged changes per second, and
 * the median wait.
 *
 *     write.ts queue|mutex REMOTE SCRATCH WRITERS SECONDS
 */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { RemoteBranch } from "../../../store/remote/remote-branch.ts";
import { FlagStore } from "../../../store/writes/flag-store.ts";

const [kind = "", remote = "", scratch = "", writers = "", seconds = ""] = process.argv.slice(2);
const actor = { id: "bench", name: "Bench", email: "bench@bunting.example" };
const run = promisify(execFile);
const write = kind === "queue" ? await queue() : await mutex();

const waits: number[] = [];
const end = performance.now() + Number(seconds) * 1_000;
await Promise.all(
  Array.from({ length: Number(writers) }, async (_, writer) => {
    for (let turn = 0; performance.now() < end; turn++) {
      const start = performance.now();
      await write(writer, turn);
      // A write that ends after the measured time does not count.
      if (performance.now() < end) waits.push(performance.now() - start);
    }
  }),
);
const median = waits.toSorted((a, b) => a - b)[Math.floor(waits.length / 2)];
console.log(JSON.stringify({ rate: waits.length / Number(seconds), median }));
process.exit();

/** The product. */
async function queue() {
  const clone = await RemoteBranch.open(
    path.join(scratch, `queue-${process.pid}.git`),
    remote,
    "main",
  );
  const store = await FlagStore.open(clone, { commitKeys: ["k".repeat(64)] });
  const names = store.current?.snapshot.flags.map(({ name }) => name) ?? [];
  return async (writer: number, turn: number) => {
    const change = {
      kind: "update",
      name: names[writer % names.length] ?? "",
      environment: "application",
      description: `Turn ${turn} of writer ${writer}`,
    } as const;
    const more = { reason: "", requestId: `${writer}-${turn}`, isExpected: () => true };
    const { status } = await store.write({ change, actor, ...more });
    if (status !== "committed") throw new Error(`Cannot measure: ${status}`);
  };
}

/** A simple server: one write at a time edits a work tree, commits and pushes. */
async function mutex() {
  const tree = path.join(scratch, `mutex-${process.pid}`);
  await run("git", ["clone", "--quiet", remote, tree]);
  const files = readdirSync(path.join(tree, "flags"), { recursive: true, encoding: "utf8" });
  const flags = files.filter((file) => file.endsWith(".yaml"));
  const identity = ["-c", `user.name=${actor.name}`, "-c", `user.email=${actor.email}`];
  let last: Promise<unknown> = Promise.resolve();
  return (writer: number, turn: number) => {
    const done = last.then(async () => {
      const file = path.join(tree, "flags", flags[writer % flags.length] ?? "");
      const text = readFileSync(file, "utf8");
      writeFileSync(
        file,
        text.replace(/^description: .*/m, `description: Turn ${turn} of ${writer}`),
      );
      await run("git", [...identity, "commit", "--quiet", "--all", "--message=Turn"], {
        cwd: tree,
      });
      await run("git", ["push", "--quiet"], { cwd: tree });
    });
    last = done;
    return done;
  };
}
