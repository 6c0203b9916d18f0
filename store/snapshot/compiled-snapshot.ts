import { compile } from "../../schema/compile/compile.ts";
import type { Release } from "../../schema/compile/release.ts";
import type { Snapshot } from "../../schema/flag/snapshot.ts";

/** A snapshot and the release that was compiled from it. */
export interface CompiledSnapshot {
  readonly snapshot: Snapshot;
  readonly release: Release;
}

export function compileSnapshot(snapshot: Snapshot): CompiledSnapshot {
  return { snapshot, release: compile(snapshot) };
}
