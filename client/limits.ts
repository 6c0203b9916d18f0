/** How long the client waits for a whole answer, in milliseconds. */
export const patience = 5_000;
/** The longest answer that is read, in characters. A list of ten thousand flags is a fifth of it. */
export const largestAnswer = 1_000_000;
/** How long a list is refused that is older than the one held, in milliseconds: a little over a day. */
export const longestLag = 1e8;
/** The longest pause after failures, in seconds. */
export const longestPause = 300;
/** A pause of this many seconds, or none, is one that never ends. */
export const forever = 1e6;
/** How many names are remembered as asked for. */
export const mostNames = 10_000;

/**
 * Who hears of a look waits half as long again for one of their own, so that of several tabs the one
 * that looks goes on being the one that does. Who has only read what was at hand does not wait at all.
 */
export const afterOwn = 1;
export const afterHeard = 1.5;
export const atHand = 0;
