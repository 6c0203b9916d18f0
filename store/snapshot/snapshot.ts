/** What the files of a commit say, put together with what its history knows about them. */

import type { Validated } from "../../schema/file/validate.ts";
import { normalize } from "../../schema/flag/flag.ts";
import { type Snapshot, type Timestamp, timestamp } from "../../schema/flag/snapshot.ts";
import type { Project } from "../../schema/project/project.ts";
import type { History } from "./history.ts";

/** The snapshot of flags without an error, at the commit of `history`. */
export function snapshot(
  { flags }: Pick<Validated, "flags">,
  project: Project,
  history: History,
): Snapshot {
  const timestamp = timestamps();
  return {
    commit: history.commit,
    committed_at: timestamp(history.committed),
    updated_at: timestamp(history.touched),
    project,
    flags: flags.map(({ name, file, flag }) => {
      const times = history.flags.get(name);
      if (!times) throw new Error(`Cannot find "${file}" in the history of ${history.commit}`);
      const { created, updated, blobs } = times;
      const normal = normalize(name, flag, project);
      const { description, owner, type, expires, metadata, decisions, schedules } = normal;
      // Spelt out: spreading ten thousand of them takes twenty times as long.
      return {
        name,
        description,
        owner,
        type,
        expires,
        private: normal.private,
        metadata,
        decisions,
        schedules,
        file,
        object: blobs[file] ?? "",
        created_at: timestamp(created),
        updated_at: timestamp(updated),
      };
    }),
  };
}

/** Many flags come with one commit, and a calendar is slow to ask. */
function timestamps(): (seconds: number) => Timestamp {
  const known = new Map<number, Timestamp>();
  return (seconds) => {
    const found = known.get(seconds) ?? timestamp(seconds);
    known.set(seconds, found);
    return found;
  };
}
