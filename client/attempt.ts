/** What `work` returns; nothing where it throws, as a storage does that is full or denied. */
export function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    console.log(error);
  }
}
