/**
 * A queue whose capacity is shared by owners. No owner can block others: if the queue is full, the owner
 * with the most items loses its newest one. Owners take turns; the items of one owner stay in order.
 */
export class FairQueue<T> {
  readonly #limit: number;
  readonly #urgent: T[] = [];
  /** By owner, in the order in which their turn comes. No list is empty. */
  readonly #owners = new Map<string, T[]>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return [...this.#owners.values()].reduce(
      (sum, { length }) => sum + length,
      this.#urgent.length,
    );
  }

  /**
   * Adds an item and returns the dropped items: none, one of another owner, or the added item itself. An
   * urgent item is never dropped, and leaves first.
   */
  add(item: T, owner: string, isUrgent = false): T[] {
    const own = this.#owners.get(owner) ?? [];
    const isFull = this.length >= this.#limit;
    const longest = this.#longest();
    const canDisplace = isUrgent || own.length + 1 < longest.length;
    if (isFull && !canDisplace) return [item];
    const displaced = isFull ? longest.slice(-1) : [];
    for (const one of displaced) this.remove(one);
    if (isUrgent) this.#urgent.push(item);
    else this.#owners.set(owner, [...own, item]);
    return displaced;
  }

  /** Removes up to `limit` items and returns them. */
  take(limit: number): T[] {
    const taken = this.#urgent.splice(0, limit);
    while (taken.length < limit && this.#owners.size > 0) {
      for (const [owner, [first, ...others]] of [...this.#owners]) {
        if (taken.length === limit || first === undefined) break;
        taken.push(first);
        // To the end, so that the next batch starts with another owner.
        this.#owners.delete(owner);
        if (others.length > 0) this.#owners.set(owner, others);
      }
    }
    return taken;
  }

  remove(item: T): void {
    if (this.#urgent.includes(item)) this.#urgent.splice(this.#urgent.indexOf(item), 1);
    for (const [owner, items] of this.#owners) {
      if (!items.includes(item)) continue;
      const others = items.filter((one) => one !== item);
      if (others.length > 0) this.#owners.set(owner, others);
      else this.#owners.delete(owner);
    }
  }

  #longest(): readonly T[] {
    let longest: readonly T[] = [];
    for (const items of this.#owners.values()) if (items.length > longest.length) longest = items;
    return longest;
  }
}
