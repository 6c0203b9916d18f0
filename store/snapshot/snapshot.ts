/** Combines the files of a commit with their timestamps from the history. */
import type { NamedFiles } from "../../schema/file/named-files.ts";
import { normalizeAudience } from "../../schema/flag/audience.ts";
import { normalize } from "../../schema/flag/flag.ts";
import { linkFlags } from "../../schema/flag/link.ts";
import { type Snapshot, type Timestamp, timestamp } from "../../schema/flag/snapshot.ts";
import type { Project } from "../../schema/project/project.ts";
import type { History } from "../history/history.ts";

/** Files without an error. */
export interface ValidFiles extends NamedFiles {
  /** Ids of the blobs of audiences, by file. */
  readonly objects: ReadonlyMap<string, string>;
}

/** The snapshot of flags without an error, at the commit of `history`. */
export function snapshot(
  { flags: files, audiences: named, objects }: ValidFiles,
  project: Project,
  history: History,
): Snapshot {
  const timestamp = timestamps();
  const audiences = named.map(({ name, file, audience }) =>
    normalizeAudience(name, audience, project, { file, object: objects.get(file) ?? "" }),
  );
  const flags = files.map(({ name, file, flag }) => {
    const times = history.flags.get(name);
    if (!times) throw new Error(`Cannot find "${file}" in the history of ${history.commit}`);
    const { created, updated, blobs } = times;
    const normal = normalize(name, flag, project);
    const { description, owner, type, expires, metadata, requires, decisions, schedules } = normal;
    // Not by spread: for ten thousand objects that takes twenty times as long.
    return {
      name,
      description,
      owner,
      type,
      expires,
      private: normal.private,
      metadata,
      requires,
      audiences: normal.audiences,
      decisions,
      schedules,
      file,
      object: blobs[file] ?? "",
      created_at: timestamp(created),
      updated_at: timestamp(updated),
    };
  });
  return {
    commit: history.commit,
    committed_at: timestamp(history.committed),
    updated_at: timestamp(history.touched),
    project,
    flags: linkFlags(flags, audiences),
    audiences,
  };
}

/** Cached, because many flags have the time of one commit and formatting a date is slow. */
function timestamps(): (seconds: number) => Timestamp {
  const known = new Map<number, Timestamp>();
  return (seconds) => {
    const found = known.get(seconds) ?? timestamp(seconds);
    known.set(seconds, found);
    return found;
  };
}
