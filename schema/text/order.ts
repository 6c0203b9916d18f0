/** Compares by UTF-16 code unit: the same order on every machine and in every locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The position of a key among items that are sorted by it; where it belongs if it is not there. */
export function positionIn<T>(
  items: readonly T[],
  key: string,
  keyOf: (item: T) => string,
): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyOf(items[middle] as T) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
