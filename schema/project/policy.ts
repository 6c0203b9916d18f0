/**
 * `flags/policy.yaml`, the file that held the protected environments before `bunting.yaml` did. It
 * is still read; `bunting migrate` replaces it.
 */

/** The file's path below `flags/`. No flag has this name. */
export const policyPath = "policy.yaml";
/** The same file's path, relative to the repository. */
export const policyFile = `flags/${policyPath}`;
export const policyName = "policy";

/** The policy as people write it: a file that meets `policy.schema.json`. */
export interface PolicyFile {
  readonly protected: readonly string[];
}
