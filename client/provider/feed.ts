import type { Definitions } from "../../schema/evaluate/definition.ts";
import { maxBackoffSeconds, NEVER } from "../core/limits.ts";
import { sleep } from "../core/sleep.ts";
import { parseDefinitions } from "./parse-definitions.ts";
import type { DefinitionsSource, SourceText } from "./source.ts";
import type { StoredCopy } from "./stored-copy.ts";

export interface FeedOptions {
  readonly source: DefinitionsSource;
  /** The environment that the definitions must be of. */
  readonly environment: string | undefined;
  /** With 0, only announced changes and failures cause another attempt. */
  readonly refreshSeconds: number;
  /** Whether the time between two attempts grows after failures. */
  readonly backsOff: boolean;
  readonly copy: StoredCopy | undefined;
  /** Calls `onChange` when the source announces a change, until `closing` is aborted. */
  readonly follow: (onChange: () => void, closing: AbortSignal) => void;
  /** Is called after each attempt. */
  readonly onUpdate: () => void;
}

/** Holds the definitions of a source, and refreshes them. */
export class DefinitionsFeed {
  readonly #options: FeedOptions;
  #held: (SourceText & { readonly definitions: Definitions }) | undefined;
  #failure: string | undefined;
  #failures = 0;
  /** Aborted to end the pause between two attempts, or to skip the next one. */
  #pause = new AbortController();

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** The last valid definitions; the same object until they change. */
  get definitions(): Definitions | undefined {
    return this.#held?.definitions;
  }

  /** Why the last attempt failed; `undefined` if it succeeded. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Resolves after the first attempt. Refreshes the definitions until `closing` is aborted. Never rejects. */
  async start(closing: AbortSignal): Promise<void> {
    if (!this.#held) await this.#readCopy();
    this.#options.follow(() => this.#pause.abort(), closing);
    await this.#refresh(closing);
    void this.#refreshForever(closing);
  }

  async #readCopy(): Promise<void> {
    const stored = await this.#options.copy?.read();
    try {
      if (stored) this.#hold(stored);
    } catch {
      // The copy of another environment, or of another version of this package.
    }
  }

  async #refreshForever(closing: AbortSignal): Promise<void> {
    const end = () => this.#pause.abort();
    closing.addEventListener("abort", end);
    while (!closing.aborted) {
      await sleep(this.#pauseSeconds(), this.#pause.signal);
      this.#pause = new AbortController();
      if (!closing.aborted) await this.#refresh(closing);
    }
  }

  #pauseSeconds(): number {
    const { refreshSeconds, backsOff } = this.#options;
    // Timers that are too long for Node fire at once.
    const usual = refreshSeconds > 0 ? Math.min(refreshSeconds, NEVER) : NEVER;
    if (this.#failures === 0) return usual;
    const longest = backsOff ? maxBackoffSeconds : Math.min(usual, maxBackoffSeconds);
    // A second at first, unless the usual time is shorter.
    return Math.min(Math.min(usual, 1) * 2 ** (this.#failures - 1), longest);
  }

  async #refresh(closing: AbortSignal): Promise<void> {
    const { source, copy, onUpdate } = this.#options;
    let failure: string | undefined;
    try {
      const found = await source.read(this.#held?.version ?? "", closing);
      if (closing.aborted) return;
      if (found) {
        this.#hold(found);
        await copy?.write(found);
      }
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    if (closing.aborted) return;
    this.#failure = failure;
    this.#failures = failure === undefined ? 0 : this.#failures + 1;
    onUpdate();
  }

  /** Throws if the text is not a valid document; then the definitions stay as they are. */
  #hold({ text, version }: SourceText): void {
    const { source, environment } = this.#options;
    const held = this.#held;
    const definitions =
      held?.text === text ? held.definitions : parseDefinitions(text, source.name, environment);
    this.#held = { text, version, definitions };
  }
}
