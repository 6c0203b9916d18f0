/** The one policy beside the flags: which environments are protected. */
import { environments } from "./project.ts";

/** The policy's place below `flags/`. No flag is called that. */
export const policyPath = "policy.yaml";
/** Likewise from the top of the repository. */
export const policyFile = `flags/${policyPath}`;
export const policyName = "policy";

/** The policy as people write it: what a file that meets `policy.schema.json` holds. */
export interface PolicyFile {
  readonly protected: readonly string[];
}

/** The policy as the program knows it. */
export interface Policy {
  /** The environments in which a change needs a review, in the order of `environments`. */
  readonly protected: readonly string[];
  /** Id of the blob that is the file's content; `""` where there is no file. */
  readonly object: string;
}

/** The written form in its normal form. Without a file, nothing is protected. */
export function normalizePolicy(file: PolicyFile | undefined, object: string): Policy {
  const named = new Set(file?.protected);
  return { protected: environments.filter((environment) => named.has(environment)), object };
}
