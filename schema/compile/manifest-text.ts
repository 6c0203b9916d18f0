/**
 * A manifest as text: a head, and a line for each response, by path. To change ten lines of thirty
 * thousand, only those ten are looked up.
 */
import { compareText } from "../text/order.ts";
import type { Response } from "./release.ts";

/** What a manifest says of one response. */
export function manifestLine({ path, md5, sha256, length }: Omit<Response, "body">): string {
  // Spelt out: of thirty thousand, JSON.stringify() takes twice as long.
  return `{"path":${JSON.stringify(path)},"md5":"${md5}","sha256":"${sha256}","length":${length}}`;
}

/** The text, of its other properties and its lines. */
export function manifestText(head: object, lines: readonly string[]): string {
  const list = lines.length === 0 ? "" : `\n${lines.join(separator)}\n`;
  return `${JSON.stringify(head).slice(0, -1)}${afterHead}[${list}]}\n`;
}

/** What a text that `manifestText()` made says beside its lines. */
export function manifestHead(text: string): { commit: string; committed_at: string } {
  return JSON.parse(`${text.slice(0, text.indexOf(afterHead))}}`);
}

const afterHead = ',"responses":';

const separator = ",\n";

/** The lines of a text that `manifestText()` made. */
export class ManifestLines {
  /** Each with the separator after it. */
  readonly #lines: string;

  constructor(text: string) {
    const [start, end] = [text.indexOf("[\n"), text.lastIndexOf("\n]")];
    this.#lines = start === -1 || end <= start ? "" : text.slice(start + 2, end) + separator;
  }

  /** All of them, in their order. */
  get all(): string[] {
    return this.#lines === "" ? [] : this.#lines.slice(0, -separator.length).split(separator);
  }

  /** The line of a path. */
  get(path: string): string | undefined {
    const [start, end] = this.#find(path);
    return start === end ? undefined : this.#lines.slice(start, end - separator.length);
  }

  /** With other lines for some paths, or none: as few pieces as are needed to join them. */
  replaced(changes: ReadonlyMap<string, string | undefined>): string[] {
    const pieces: string[] = [];
    let done = 0;
    for (const [path, line] of [...changes].sort(([a], [b]) => compareText(a, b))) {
      const [start, end] = this.#find(path);
      pieces.push(this.#lines.slice(done, start), line === undefined ? "" : line + separator);
      done = end;
    }
    pieces.push(this.#lines.slice(done));
    return pieces.filter((piece) => piece !== "").map((piece) => piece.slice(0, -separator.length));
  }

  /** From where to where a path's line goes; where it would go, if there is none. */
  #find(path: string): [start: number, end: number] {
    let [low, high] = [0, this.#lines.length];
    while (low < high) {
      const start = this.#lines.lastIndexOf("\n", ((low + high) >> 1) - 1) + 1;
      const end = this.#lines.indexOf("\n", start) + 1;
      const found = this.#lines.slice(start, end).split('"', 4)[3] ?? "";
      if (found === path) return [start, end];
      if (compareText(found, path) < 0) low = end;
      else high = start;
    }
    return [low, low];
  }
}
