import type { ErrorCode } from "./answer.ts";
import type { S3Request } from "./request.ts";

/** A fault of the next requests that match. */
export interface Fault {
  readonly kind: FaultKind;
  /** Default: every request. */
  readonly match?: (request: S3Request) => boolean;
  /** Default 1; `Infinity` for always. */
  readonly times?: number;
}

/**
 * An error of S3 without an effect; `hang`: there is no response; `drop`: the connection breaks, without
 * an effect; `drop-after`: the connection breaks after the request was executed; `delay`: the response
 * is correct, but late.
 */
export type FaultKind = ErrorCode | "hang" | "drop" | "drop-after" | { readonly delay: number };

/** Planned faults, in their order. */
export class Faults {
  #announced: { readonly fault: Fault; left: number }[] = [];

  announce(fault: Fault): void {
    this.#announced.push({ fault, left: fault.times ?? 1 });
  }

  /** Returns the fault of `request`, and counts it. */
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
