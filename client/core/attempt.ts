/** The result of `work`, or `undefined` if it throws, as a full or blocked storage does. */
export function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
