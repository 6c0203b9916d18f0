/** A parsed workflow file, with the line of each value. */
import { type Document, isMap, isScalar, LineCounter, parseDocument, type Scalar } from "yaml";

export type Path = readonly (string | number)[];

export class WorkflowSource {
  readonly text: string;
  readonly #document: Document;
  readonly #lines = new LineCounter();

  constructor(text: string) {
    this.text = text;
    this.#document = parseDocument(text, { lineCounter: this.#lines });
    const [error] = this.#document.errors;
    if (error) throw error;
  }

  /** The value at a path, as plain data. */
  get(path: Path): unknown {
    const node = this.#document.getIn(path, true);
    return isScalar(node) ? node.value : (node as { toJSON?(): unknown } | undefined)?.toJSON?.();
  }

  /** The keys of the mapping at a path; none if there is no mapping. */
  keys(path: Path): string[] {
    const node = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
    return isMap(node) ? node.items.map(({ key }) => String((key as Scalar).value)) : [];
  }

  /** The line of a value, from 1; of the nearest parent if it does not exist. */
  lineOf(path: Path): number {
    for (let length = path.length; length > 0; length--) {
      const node = this.#document.getIn(path.slice(0, length), true) as Scalar | undefined;
      if (node?.range) return this.#lines.linePos(node.range[0]).line;
    }
    return 1;
  }

  /** The comment beside a value, without its `#`. */
  commentOf(path: Path): string {
    const node = this.#document.getIn(path, true) as Scalar | undefined;
    return node?.comment?.trim() ?? "";
  }

  /** Paths of all jobs. */
  get jobs(): Path[] {
    return this.keys(["jobs"]).map((job) => ["jobs", job]);
  }

  /** Paths of all steps of all jobs. */
  get steps(): Path[] {
    return this.jobs.flatMap((job) => {
      const steps = this.get([...job, "steps"]);
      return Array.isArray(steps) ? steps.map((_, index) => [...job, "steps", index]) : [];
    });
  }

  /** Every text with an expression, and its path. */
  get expressions(): { readonly path: Path; readonly value: string }[] {
    return textsIn(this.#document.toJS(), []).filter(({ value }) => value.includes("${{"));
  }

  /** The names of the events that start it. */
  get events(): string[] {
    const on = this.get(["on"]);
    if (typeof on === "string") return [on];
    return Array.isArray(on) ? on.map(String) : this.keys(["on"]);
  }
}

function textsIn(value: unknown, path: Path): { path: Path; value: string }[] {
  if (typeof value === "string") return [{ path, value }];
  if (typeof value !== "object" || value === null) return [];
  const isList = Array.isArray(value);
  return Object.entries(value).flatMap(([key, item]) =>
    textsIn(item, [...path, isList ? Number(key) : key]),
  );
}
