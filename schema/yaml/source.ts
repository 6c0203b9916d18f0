import type { Finding } from "../problem/problem.ts";

/** The text of a YAML file, its values and their positions. */
export interface YamlSource {
  readonly text: string;
  /** The values as JSON; `null` for an empty document, `undefined` if the text cannot be read. */
  readonly value: unknown;
  /** By JSON pointer (`/environments/staging`): offsets in `text` of the value, its tag included, and of its key. */
  readonly offsets: ReadonlyMap<string, Offsets>;
  readonly findings: readonly Finding[];
}

export interface Offsets {
  readonly value: number;
  readonly key: number;
}
