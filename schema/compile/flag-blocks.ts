/**
 * A list of flags as blocks of neighbours. The compiled parts of a block are cached as long as its
 * flags are the same objects, so the next release does not compile them one by one.
 */
import type { TimedFlag } from "../flag/snapshot.ts";
import type { Environments } from "../project/project.ts";
import { partsOf } from "./flag-parts.ts";
import type { Response } from "./release.ts";

export interface FlagBlock {
  readonly environments: readonly string[];
  readonly flags: readonly TimedFlag[];
  /** By the position of the environment: the entries of its list, joined by commas. */
  readonly entries: readonly string[];
  /** By the position of the environment: the responses of the flags, in their order. */
  readonly responses: readonly (readonly Response[])[];
}

/** Flags in a block. A change compiles one block again, so blocks are small; but there must be few of them. */
const maxFlags = 128;

/** The last block that started with a flag. Flags are never changed in place. */
const known = new WeakMap<TimedFlag, FlagBlock>();

/** The blocks of `flags`, in the same order. */
export function cutIntoBlocks(
  { environments }: Environments,
  flags: readonly TimedFlag[],
): FlagBlock[] {
  const blocks: FlagBlock[] = [];
  for (let start = 0; start < flags.length; ) {
    const earlier = known.get(flags[start] as TimedFlag);
    const block =
      earlier?.environments === environments && isAt(earlier, flags, start)
        ? earlier
        : makeBlock(environments, flags.slice(start, endOf(flags, start)));
    known.set(flags[start] as TimedFlag, block);
    blocks.push(block);
    start += block.flags.length;
  }
  return blocks;
}

function isAt(block: FlagBlock, flags: readonly TimedFlag[], start: number): boolean {
  return block.flags.every((flag, index) => flag === flags[start + index]);
}

/** A block ends where a known block starts, so that the blocks after a change stay the same. */
function endOf(flags: readonly TimedFlag[], start: number): number {
  const max = Math.min(flags.length, start + maxFlags);
  for (let end = start + 1; end < max; end++) if (known.has(flags[end] as TimedFlag)) return end;
  return max;
}

function makeBlock(environments: readonly string[], flags: readonly TimedFlag[]): FlagBlock {
  const parts = flags.map((flag) => partsOf({ environments }, flag));
  return {
    environments,
    flags,
    entries: environments.map((_, at) => parts.map(({ entries }) => entries[at]).join(",")),
    responses: environments.map((_, at) => parts.map(({ responses }) => responses[at] as Response)),
  };
}
