import { flagNameOf } from "../../../schema/flag/name.ts";
import type { FlagHistory, History } from "../../../store/history/history.ts";
import type { TestRepository } from "../../git/repository.ts";

/**
 * The expected result of `readHistory()`, by its definition: reads all of `flags/` at each first parent,
 * and shares neither code nor git commands with the product. Slow.
 */
export class Definition {
  readonly #repository: TestRepository;
  readonly #states = new Map<string, State>();

  constructor(repository: TestRepository) {
    this.#repository = repository;
  }

  history(commit: string): History {
    const states = this.#line(commit);
    const last = states.at(-1);
    if (!last) throw new Error(`Cannot find "${commit}"`);
    const landings = states.filter((state, at) => state.all !== (states[at - 1]?.all ?? ""));
    return {
      commit,
      committed: last.time,
      touched: (landings.at(-1) ?? states[0])?.time ?? Number.NaN,
      flags: new Map([...last.flags.keys()].map((name) => [name, lifeOf(name, states)])),
    };
  }

  /** From the first commit to `commit`. */
  #line(commit: string): State[] {
    const line: State[] = [];
    for (let at = commit; at !== ""; at = line[0]?.parent ?? "") line.unshift(this.#state(at));
    // A commit is never served as older than the one before it.
    let latest = 0;
    return line.map((state) => {
      latest = Math.max(latest, state.time);
      return { ...state, time: latest };
    });
  }

  #state(commit: string): State {
    const known = this.#states.get(commit);
    if (known) return known;
    const header = this.#repository.git("cat-file", "commit", commit).split("\n\n")[0] ?? "";
    const all = this.#repository.git("ls-tree", "-r", "-z", "--full-tree", commit, "flags/");
    const state = {
      parent: /^parent (\w+)$/m.exec(header)?.[1] ?? "",
      time: Number(/^committer .*> (\d+) [-+]\d{4}$/m.exec(header)?.[1]),
      all,
      flags: flagsIn(all),
    };
    this.#states.set(commit, state);
    return state;
  }
}

interface State {
  readonly parent: string;
  readonly time: number;
  /** The files that git lists below `flags/`. */
  readonly all: string;
  /** By name, the ids of its contents by file. */
  readonly flags: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** Created by the commit after the last one without it, updated by the last commit that changed its content. */
function lifeOf(name: string, states: readonly State[]): FlagHistory {
  const absent = states.findLastIndex(({ flags }) => !flags.has(name));
  const life = states.slice(absent + 1);
  const contents = life.map(({ flags }) => contentOf(flags.get(name)));
  const changed = contents.findLastIndex((content, at) => content !== contents[at - 1]);
  return {
    created: life[0]?.time ?? Number.NaN,
    updated: life[changed]?.time ?? Number.NaN,
    blobs: life.at(-1)?.flags.get(name) ?? {},
  };
}

function contentOf(blobs: Readonly<Record<string, string>> | undefined): string {
  return Object.values(blobs ?? {})
    .sort()
    .join(" ");
}

function flagsIn(all: string): State["flags"] {
  const flags = new Map<string, Record<string, string>>();
  for (const entry of all.split("\0").slice(0, -1)) {
    const [, object = "", file = ""] = /^\d+ \w+ (\w+)\t(.+)$/s.exec(entry) ?? [];
    if (!file.endsWith(".yaml")) continue;
    flags.set(flagNameOf(file), { ...flags.get(flagNameOf(file)), [file]: object });
  }
  return flags;
}
