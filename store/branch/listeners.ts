/** Listeners of one kind of event. One that throws neither stops the others nor the caller. */
export class Listeners<Event extends readonly unknown[]> {
  readonly #listeners: ((...event: Event) => void)[] = [];

  add(listener: (...event: Event) => void): void {
    this.#listeners.push(listener);
  }

  emit(...event: Event): void {
    for (const listener of this.#listeners) {
      try {
        listener(...event);
      } catch (error) {
        process.emitWarning(error as Error);
      }
    }
  }
}
