/** Named conditions that rules of flags refer to: `flags/audiences/NAME.yaml`. */
import type { Condition } from "../evaluate/definition.ts";
import { type IfFile, toConditions } from "./conditions.ts";
import type { DecidingProject } from "./flag.ts";

/** An audience as people write it: a file that meets `audience.schema.json`. */
export interface AudienceFile {
  readonly description?: string;
  readonly owner?: string;
  readonly if: IfFile;
}

/** An audience as the program uses it, with every default filled in. */
export interface Audience {
  readonly name: string;
  readonly description: string;
  /** `""` if no team is named. */
  readonly owner: string;
  /** All must be met. They refer to no audience. */
  readonly conditions: readonly Condition[];
  /** The file, from the top of the repository. */
  readonly file: string;
  /** Id of the blob that is the file's content. */
  readonly object: string;
}

/** What other modules need of an audience: who is in it. */
export type NamedConditions = Pick<Audience, "name" | "conditions">;

/** The audiences that conditions refer to. */
export function audiencesIn(conditions: readonly Condition[]): string[] {
  return conditions.flatMap(([, operator, operand]) => (operator === "is" ? [operand] : []));
}

/** The written form of an audience in its normal form. */
export function normalizeAudience(
  name: string,
  written: AudienceFile,
  { attributes }: Pick<DecidingProject, "attributes">,
  { file, object }: Pick<Audience, "file" | "object">,
): Audience {
  const { description = "", owner = "" } = written;
  const conditions = toConditions(written.if, attributes);
  return { name, description, owner, conditions, file, object };
}
