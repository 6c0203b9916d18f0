import type { Listed, NewObject, StoredObject, Target } from "../../../store/target/target.ts";

/**
 * Hooks around the changes of a target; each gets the number of the change, from 1. If a hook throws,
 * the publisher ends.
 */
export interface Hooks {
  readonly before?: (nth: number) => Promise<void> | void;
  readonly after?: (nth: number) => Promise<void> | void;
}

/** A target that reports its changes. */
export class WatchedTarget implements Target {
  /** `put PATH` and `remove PATH`, in the order in which they were begun. */
  readonly changes: string[] = [];
  readonly name: string;
  readonly #target: Target;
  readonly #hooks: Hooks;

  constructor(target: Target, hooks: Hooks = {}) {
    this.name = target.name;
    this.#target = target;
    this.#hooks = hooks;
  }

  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#target.exclusively(work);
  }

  list(): Promise<ReadonlyMap<string, Listed>> {
    return this.#target.list();
  }

  read(path: string): Promise<StoredObject | undefined> {
    return this.#target.read(path);
  }

  write(object: NewObject, seen: string | undefined): Promise<boolean> {
    return this.#change(`put ${object.path}`, () => this.#target.write(object, seen));
  }

  remove(path: string, seen: string): Promise<boolean> {
    return this.#change(`remove ${path}`, () => this.#target.remove(path, seen));
  }

  close(): void {
    this.#target.close();
  }

  async #change(change: string, make: () => Promise<boolean>): Promise<boolean> {
    const nth = this.changes.push(change);
    await this.#hooks.before?.(nth);
    const result = await make();
    await this.#hooks.after?.(nth);
    return result;
  }
}

/** Fails at the `nth` change, before or after the target makes it. */
export function failAtChange(nth: number, when: "before" | "after"): Hooks {
  const die = (now: number) => {
    if (now >= nth) throw new Error(`died at change ${nth}`);
  };
  return when === "before" ? { before: die } : { before: (now) => die(now - 1), after: die };
}
