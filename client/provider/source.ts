/** Where a provider reads `definitions.json` from. */
export interface DefinitionsSource {
  /** The URL or the directory, for messages. */
  readonly name: string;
  /**
   * Reads the document; `undefined` if it still has `version`. Throws an error that says what failed, also
   * if `closing` is aborted.
   */
  read(version: string, closing: AbortSignal): Promise<SourceText | undefined>;
}

export interface SourceText {
  readonly text: string;
  /** Changes with the text: an ETag, or the identity of a file. Empty if the source has none. */
  readonly version: string;
}

/** The largest document that is read. */
export const maxDefinitionsBytes = 16_000_000;
