/**
 * A list of flags as blocks of neighbours. The compiled parts of a block are cached as long as its
 * flags are the same objects, so the next release does not compile them one by one.
 */
import type { TimedFlag } from "../flag/snapshot.ts";
import type { Environments } from "../project/project.ts";
import { compareText } from "../text/order.ts";
import { partsOf } from "./flag-parts.ts";
import type { Response } from "./release.ts";

export interface FlagBlock {
  readonly environments: readonly string[];
  readonly flags: readonly TimedFlag[];
  readonly isSorted: boolean;
  /** By the position of the environment: the entries of its list, joined by commas. */
  readonly entries: readonly string[];
  /** By the position of the environment: the responses of the flags, in their order. */
  readonly responses: readonly (readonly Response[])[];
}

/** Flags in a block. A change compiles one block again, so blocks are small; but there must be few of them. */
const maxFlags = 128;

/** The last block that started with a flag. Flags are never changed in place. */
const known = new WeakMap<TimedFlag, FlagBlock>();

/**
 * The blocks of `flags`, sorted by name. Snapshots are usually sorted already; then only the first and
 * the last name of each block are read. Throws if two flags have one name.
 */
export function sortIntoBlocks(project: Environments, flags: readonly TimedFlag[]): FlagBlock[] {
  const blocks = cutIntoBlocks(project, flags);
  const isSorted = blocks.every((block, at) => {
    const last = blocks[at - 1]?.flags.at(-1);
    return block.isSorted && isBefore(last, block.flags[0]);
  });
  return isSorted ? blocks : cutIntoBlocks(project, sortFlags(flags));
}

function sortFlags(flags: readonly TimedFlag[]): readonly TimedFlag[] {
  const sorted = [...flags].sort((a, b) => compareText(a.name, b.name));
  const twice = sorted.find(({ name }, index) => sorted[index - 1]?.name === name);
  if (twice) throw new Error(`Cannot compile a list: it has two flags "${twice.name}"`);
  return sorted;
}

/** Whether these may be neighbours in a sorted list. `undefined` is before the first flag. */
function isBefore(left: TimedFlag | undefined, right: TimedFlag | undefined): boolean {
  return left === undefined || (right !== undefined && left.name < right.name);
}

/** The blocks of `flags`, in the same order. */
function cutIntoBlocks({ environments }: Environments, flags: readonly TimedFlag[]): FlagBlock[] {
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
    isSorted: flags.every((flag, at) => isBefore(flags[at - 1], flag)),
    entries: environments.map((_, at) => parts.map(({ entries }) => entries[at]).join(",")),
    responses: environments.map((_, at) => parts.map(({ responses }) => responses[at] as Response)),
  };
}
