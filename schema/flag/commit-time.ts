/** Times of commits as they are served. A committer's clock may be wrong, and git accepts any number. */

/** 9999-12-31T23:59:59Z: the last second that a timestamp with four digits for the year can name. */
export const lastSecond = 253_402_300_799;

/**
 * The time of a commit, in seconds since 1970, after a commit of the time `previous`: never earlier
 * than that, and within the years 1970 to 9999. It depends on the history alone, not on a clock.
 */
export function timeAfter(previous: number, seconds: number): number {
  const valid = Number.isFinite(seconds) ? Math.trunc(seconds) : 0;
  return Math.max(previous, Math.min(Math.max(valid, 0), lastSecond));
}
