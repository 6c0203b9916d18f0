/** Ends a process with SIGKILL, as if its machine or container stopped. */
import { readdirSync, readFileSync } from "node:fs";
import type { Program } from "./api.ts";

/** Kills the server; with `all`, every process that it started too. Returns once it is gone. */
export async function kill({ child, ended }: Program, all = false): Promise<void> {
  const doomed = [child.pid ?? 0, ...(all ? descendantsOf(child.pid ?? 0) : [])];
  for (const pid of doomed) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // The process has already ended.
    }
  }
  await ended;
}

function descendantsOf(ancestor: number): number[] {
  const children = new Map<number, number[]>();
  for (const pid of processes()) {
    const parent = parentOf(pid);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const below = (pid: number): number[] =>
    (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(ancestor);
}

/** Without `/proc`, children are not killed. */
function processes(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of the program, in parentheses, may contain any character.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return 0;
  }
}
