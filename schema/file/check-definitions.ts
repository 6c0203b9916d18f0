import { type AudienceFile, normalizeAudience } from "../flag/audience.ts";
import { checkDefinitionsSize } from "../flag/definitions-size.ts";
import { type FlagFile, normalize } from "../flag/flag.ts";
import { type Problem, problemsIn } from "../problem/problem.ts";
import type { Project } from "../project/project.ts";

interface Files {
  readonly flags: readonly { readonly name: string; readonly flag: FlagFile }[];
  readonly audiences: readonly {
    readonly name: string;
    readonly file: string;
    readonly audience: AudienceFile;
  }[];
}

/** Whether providers can read the definitions of these files, which have no errors. */
export function checkDefinitions(
  { flags, audiences }: Files,
  project: Project,
  today: string,
): Problem[] {
  const decided = flags.map(({ name, flag }) => normalize(name, flag, project));
  const named = audiences.map(({ name, audience, file }) =>
    normalizeAudience(name, audience, project, { file, object: "" }),
  );
  return problemsIn("flags", checkDefinitionsSize(decided, named, project), today);
}
