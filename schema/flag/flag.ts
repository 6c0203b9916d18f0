import type { Project } from "../project/project.ts";

/** A flag as people write it: what a file that meets `flag.schema.json` holds. */
export interface FlagFile {
  readonly description?: string;
  readonly enabled: boolean;
  readonly owner?: string;
  readonly type?: FlagType;
  readonly expires?: string;
  readonly environments?: Readonly<Record<string, { readonly enabled: boolean }>>;
}

export type FlagType = "release" | "experiment" | "operational" | "kill_switch" | "permission";

/** A flag as the program knows it: every default filled in. */
export interface Flag {
  readonly name: string;
  readonly description: string;
  /** `""` where nobody is named. */
  readonly owner: string;
  readonly type: FlagType;
  /** `YYYY-MM-DD`, or `""` where it may stay. */
  readonly expires: string;
  /** One entry for each environment of the project. */
  readonly enabled: Readonly<Record<string, boolean>>;
}

/** The written form of a flag in its normal form. */
export function normalize(
  name: string,
  file: FlagFile,
  { environments }: Pick<Project, "environments">,
): Flag {
  const { description = "", enabled, owner = "", type = "release", expires = "" } = file;
  const states: Record<string, boolean> = {};
  for (const environment of environments) {
    states[environment] = file.environments?.[environment]?.enabled ?? enabled;
  }
  return { name, description, owner, type, expires, enabled: states };
}
