/** How long a request may take, its body included. */
export const timeoutMs = 5_000;
/** The largest list that is read. The program serves no larger one (`schema/size/list-size.ts`). */
export const maxListBytes = 1_000_000;
/** How long a cache may return a list that is older than the held one: a little over a day. */
export const maxCacheLagMs = 1e8;
/** How far this device's clock may be behind the clock that dates commits. */
export const maxClockSkewMs = 3_600_000;
/** The longest time between two requests after failures. */
export const maxBackoffSeconds = 300;
/** From this value on, `refreshSeconds` means that the client does not poll. Timers cannot count much further. */
export const NEVER = 1e6;
/** How many names are counted. An application could build names from user input. */
export const maxCountedNames = 10_000;
