/** Those who want to hear of something once it has happened. A listener's failure is its own. */
export class Listeners<Event extends readonly unknown[]> {
  readonly #listeners: ((...event: Event) => void)[] = [];

  add(listener: (...event: Event) => void): void {
    this.#listeners.push(listener);
  }

  tell(...event: Event): void {
    for (const listener of this.#listeners) {
      try {
        listener(...event);
      } catch (error) {
        process.emitWarning(error as Error);
      }
    }
  }
}
