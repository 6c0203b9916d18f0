import { closest, distance } from "fastest-levenshtein";

/** The one of `candidates` that `word` was probably meant to be; `undefined` if none is similar. */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 64 || candidates.length === 0) return undefined;
  const lower = word.toLowerCase();
  const best = closest(lower, candidates);
  const edits = distance(lower, best);
  if (edits < lower.length && edits <= Math.max(2, best.length / 3)) return best;
  // Many abbreviate: "prod" for "production".
  const longer = candidates.filter((candidate) => candidate.startsWith(lower));
  return lower.length >= 3 && longer.length === 1 ? longer[0] : undefined;
}

/** The same as a hint: `did you mean "enabled"?`. */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const near = suggest(word, candidates);
  return near === undefined ? undefined : `did you mean "${near}"?`;
}

/** `did you mean "staging"?`, or without a similar name all: `known are application, staging`. */
export function nearestOrAll(word: string, known: readonly string[]): string {
  return didYouMean(word, known) ?? `known are ${known.join(", ")}`;
}
