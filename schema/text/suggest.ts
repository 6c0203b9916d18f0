import { closest, distance } from "fastest-levenshtein";

/** The one of `candidates` that `word` was probably meant to be; `undefined` if none is similar. */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 64 || candidates.length === 0) return undefined;
  const best = closest(word.toLowerCase(), candidates);
  return distance(word.toLowerCase(), best) <= Math.max(2, best.length / 3) ? best : undefined;
}

/** The same as a hint: `did you mean "enabled"?`. */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const near = suggest(word, candidates);
  return near === undefined ? undefined : `did you mean "${near}"?`;
}
