/** A team's settings. A `Project` is read from each commit and passed as an argument; no module keeps one. */
import { nameStyles } from "./name-pattern.ts";

/** `bunting.yaml` in its normal form: every default is filled in. */
export interface Project {
  /** At least one. The first is served at the root of the URLs. */
  readonly environments: readonly string[];
  /** The same environments in the order in which a change passes through them. */
  readonly order: readonly string[];
  /** Environments in which a change through the API needs a review, in the order of `environments`. */
  readonly protected: readonly string[];
  /** Types of the attributes that rules may use, by name. */
  readonly attributes: Readonly<Record<string, AttributeType>>;
  readonly names: NameRules;
  readonly limits: Limits;
  readonly publish: {
    /** Whether `definitions.json` and `flagd.json`, which show rules, are published. */
    readonly definitions: boolean;
  };
  /** Id of the blob that is the file's content; `""` if there is no file. */
  readonly object: string;
}

/** A project of which only the environments matter. */
export type Environments = Pick<Project, "environments">;

export type AttributeType = "string" | "number" | "boolean" | "version";

/** The names that a flag may have. */
export interface NameRules {
  /** A regular expression from `^` to `$`. */
  readonly pattern: string;
  /** In characters. */
  readonly longest: number;
}

/** What one publication may change without `--allow`. */
export interface Limits {
  /** Share of the served flags, in percent, that may be removed. */
  readonly remove: number;
  /** Share of the served flags, in percent, that may be turned on in the first environment. */
  readonly turn: number;
  /** Number of flags that may always be removed or turned on, also if their share is larger. */
  readonly at_least: number;
}

/** The file's path, relative to the repository. */
export const projectFile = "bunting.yaml";

/** The format of `bunting.yaml` that this program reads and writes. Migrations lead to it. */
export const projectFormat = 4;

/** `bunting.yaml` as people write it: a file that meets `bunting.schema.json`. */
export interface ProjectFile {
  readonly format?: number;
  readonly environments?: readonly string[];
  readonly order?: readonly string[];
  readonly protected?: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeType>>;
  readonly names?: { readonly pattern?: string; readonly longest?: number };
  readonly limits?: {
    readonly remove?: string;
    readonly turn?: string;
    readonly at_least?: number;
  };
  readonly publish?: { readonly definitions?: boolean };
}

/** The project of a valid file. `object` is the id of the blob that holds it. */
export function normalizeProject(file: ProjectFile, object: string): Project {
  const { environments = ["application", "staging", "development"], names, limits } = file;
  return {
    environments,
    order: file.order ?? [...environments].reverse(),
    protected: environments.filter((environment) => file.protected?.includes(environment)),
    attributes: file.attributes ?? {},
    names: {
      pattern: names?.pattern ?? nameStyles.snake_case.pattern,
      longest: names?.longest ?? 64,
    },
    limits: {
      remove: Number.parseFloat(limits?.remove ?? "20%"),
      turn: Number.parseFloat(limits?.turn ?? "50%"),
      at_least: limits?.at_least ?? 5,
    },
    publish: { definitions: file.publish?.definitions ?? false },
    object,
  };
}

/** The project of a repository without `bunting.yaml`. */
export const defaultProject: Project = normalizeProject({}, "");

/** The environment that is served at the root of the URLs. */
export function rootEnvironment({ environments }: Environments): string {
  const [root] = environments;
  if (root === undefined) throw new Error("Cannot use a project without environments");
  return root;
}
