/** The flags and audiences of a repository, by name. */
import { type Audience, type AudienceFile, normalizeAudience } from "../flag/audience.ts";
import { type Flag, type FlagFile, normalize } from "../flag/flag.ts";
import { flagNameOf } from "../flag/name.ts";
import type { Project } from "../project/project.ts";
import { compareText } from "../text/order.ts";
import type { Entry } from "./entry.ts";

/** In the form in which they are written. Both lists are sorted by name, and complete only if each file can be read. */
export interface NamedFiles {
  readonly flags: readonly { name: string; file: string; flag: FlagFile }[];
  readonly audiences: readonly { name: string; file: string; audience: AudienceFile }[];
}

/** Those in `entries`. The ones that cannot be read are left out. */
export function namedFilesIn(entries: readonly Entry[]): NamedFiles {
  const byName = (a: { name: string }, b: { name: string }) => compareText(a.name, b.name);
  return {
    flags: entries
      .flatMap(({ file, content }) =>
        content?.flag ? [{ name: flagNameOf(file), file, flag: content.flag }] : [],
      )
      .sort(byName),
    audiences: entries
      .flatMap(({ file, content }) =>
        content?.audience ? [{ name: flagNameOf(file), file, audience: content.audience }] : [],
      )
      .sort(byName),
  };
}

/** Flags and audiences without errors in their normal form. */
export function normalizeFiles(
  { flags, audiences }: NamedFiles,
  project: Project,
): { readonly flags: Flag[]; readonly audiences: Audience[] } {
  return {
    flags: flags.map(({ name, flag }) => normalize(name, flag, project)),
    audiences: audiences.map(({ name, file, audience }) =>
      normalizeAudience(name, audience, project, { file, object: "" }),
    ),
  };
}
