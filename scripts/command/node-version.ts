import { nodeRange } from "./version.ts";

/** Why this version of Node cannot run the program; `undefined` if it can. */
export function findNodeFault(version: string, range: string = nodeRange) {
  const [major = 0, minor = 0] = numbersIn(version);
  const [neededMajor = 0, neededMinor = 0] = numbersIn(range);
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return undefined;
  return `Cannot run on Node ${version}: bunting needs Node ${neededMajor}.${neededMinor} or later`;
}

function numbersIn(text: string): number[] {
  return [...text.matchAll(/\d+/g)].map(Number);
}
