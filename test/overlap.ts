/** Counts how many calls of `enter()` are unfinished at the same time. */
export class Overlap {
  most = 0;
  #inside = 0;

  async enter(): Promise<void> {
    this.#inside += 1;
    this.most = Math.max(this.most, this.#inside);
    await new Promise(setImmediate);
    this.#inside -= 1;
  }
}
