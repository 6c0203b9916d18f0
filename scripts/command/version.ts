import manifest from "../../package.json" with { type: "json" };

/** The version of this program. */
export const version: string = manifest.version;

/** `OWNER/NAME` of this program's repository on GitHub, which holds the workflows to call. */
export const programRepository: string = manifest.repository.url
  .replace(/^git\+https:\/\/github\.com\//, "")
  .replace(/\.git$/, "");

/** Why this version of Node cannot run the program; `undefined` if it can. */
export function findNodeVersionError(version: string, range: string = manifest.engines.node) {
  const [major = 0, minor = 0] = numbersIn(version);
  const [neededMajor = 0, neededMinor = 0] = numbersIn(range);
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return undefined;
  return `Cannot run on Node ${version}: bunting needs Node ${neededMajor}.${neededMinor} or later`;
}

function numbersIn(text: string): number[] {
  return [...text.matchAll(/\d+/g)].map(Number);
}
