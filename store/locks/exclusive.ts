/**
 * The only way to a resource that one caller may use at a time. The resource is private here, so
 * no caller can use it without waiting for earlier callers.
 */
export class Exclusive<Resource> {
  readonly #resource: Resource;
  #last: Promise<unknown> = Promise.resolve();

  constructor(resource: Resource) {
    this.#resource = resource;
  }

  /** Runs `work` when all earlier work has ended, also if it failed. */
  use<T>(work: (resource: Resource) => Promise<T>): Promise<T> {
    const result = this.#last.then(() => work(this.#resource));
    this.#last = result.catch(() => {});
    return result;
  }

  /** Resolves when the work that was requested so far has ended. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
