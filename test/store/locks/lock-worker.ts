/**
 * `lock-worker.ts FILE TIMES` takes the lock `FILE` `TIMES` times. Each time it prints `alone`, or
 * `together with PID` if another process has the lock, too.
 */
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { withLock } from "../../../store/locks/lock.ts";

const [file = "", times = "1"] = process.argv.slice(2);
const directory = path.dirname(file);

for (let time = 0; time < Number(times); time++) {
  await withLock(file, 50_000, async () => {
    const own = `inside-${process.pid}`;
    writeFileSync(path.join(directory, own), "");
    const others = readdirSync(directory).filter((name) => /^inside-/.test(name) && name !== own);
    const living = others.map((name) => Number(name.slice("inside-".length))).filter(isAlive);
    process.stdout.write(living.length > 0 ? `together with ${living}\n` : "alone\n");
    await pause(Math.random() * 4);
    rmSync(path.join(directory, own));
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
