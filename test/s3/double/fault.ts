import type { ErrorCode } from "./answer.ts";
import type { S3Request } from "./request.ts";

/** What goes wrong with the next requests that match. */
export interface Fault {
  readonly kind: FaultKind;
  /** Default: every request. */
  readonly match?: (request: S3Request) => boolean;
  /** Default 1; `Infinity` for always. */
  readonly times?: number;
}

/**
 * An error of S3, which then does nothing; or
 * `hang`: there is never an answer;
 * `drop`: the connection breaks, and nothing was done;
 * `drop-after`: the connection breaks, and what was asked for was done;
 * `delay`: the answer is right, and late.
 */
export type FaultKind = ErrorCode | "hang" | "drop" | "drop-after" | { readonly delay: number };

/** Faults in the order in which they were announced. */
export class Faults {
  #announced: { readonly fault: Fault; left: number }[] = [];

  announce(fault: Fault): void {
    this.#announced.push({ fault, left: fault.times ?? 1 });
  }

  /** The fault that `request` suffers; each time it does, one time fewer is left. */
  take(request: S3Request): FaultKind | undefined {
    const hit = this.#announced.find(
      ({ fault, left }) => left > 0 && (fault.match?.(request) ?? true),
    );
    if (!hit) return undefined;
    hit.left -= 1;
    return hit.fault.kind;
  }

  clear(): void {
    this.#announced = [];
  }
}
