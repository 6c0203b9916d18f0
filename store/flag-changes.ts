/** Who changed a flag, when, and what: the branch's own account of it. */
import { readContent } from "../schema/content.ts";
import { normalize } from "../schema/flag.ts";
import { timestamp } from "../schema/snapshot.ts";
import { readBlobs } from "./blobs.ts";
import { readGit } from "./git.ts";

export interface FlagState {
  readonly enabled: boolean;
  readonly description: string;
}

export interface FlagChange {
  readonly kind: "created" | "updated" | "deleted";
  readonly commit: string;
  readonly changed_at: string;
  /** The name of the commit's author: a person, or a token. */
  readonly changed_by: string;
  /** `api` where this service committed it. */
  readonly origin: "api" | "git";
  /** The first line of the commit's message. */
  readonly summary: string;
  /** The client's own words; `""` where it gave none. */
  readonly reason: string;
  readonly before: FlagState | null;
  readonly after: FlagState | null;
}

export interface Page {
  readonly limit: number;
  readonly skip: number;
}

/** The changes of a flag up to `head`, the newest first, as `environment` saw them. `name` is a flag's name. */
export async function readFlagChanges(
  directory: string,
  head: string,
  name: string,
  environment: string,
  { limit, skip }: Page,
): Promise<FlagChange[]> {
  const format = "--format=%x01%H%x00%ct%x00%an%x00%s%x00%b%x00%(trailers:key=Actor,valueonly)%x00";
  const args = [
    "log",
    "--first-parent",
    "--diff-merges=first-parent",
    "--raw",
    "-z",
    "--no-renames",
  ];
  args.push(
    "--no-abbrev",
    "--no-notes",
    "--no-color",
    format,
    `--max-count=${limit}`,
    `--skip=${skip}`,
  );
  args.push(head, "--", `:(glob)flags/**/${name}.yaml`);
  const records = (await readGit(directory, args)).split("\x01").slice(1);
  const commits = records.map(parseRecord);
  const states = await readStates(directory, commits, name, environment);
  return commits.map(({ before, after, ...commit }) => {
    const [from, to] = [states.get(before) ?? null, states.get(after) ?? null];
    const kind = from === null ? "created" : to === null ? "deleted" : "updated";
    return { kind, ...commit, before: from, after: to };
  });
}

function parseRecord(record: string) {
  const [commit = "", time, author = "", summary = "", body = "", actor = "", ...raw] =
    record.split("\0");
  const changes = raw
    .map((token) => token.trim().split(" "))
    .filter(([mode]) => mode?.startsWith(":"));
  const before = changes.find(([, , , , status]) => status !== "A")?.[2] ?? "";
  const after = changes.find(([, , , , status]) => status !== "D")?.[3] ?? "";
  const isOurs = actor.trim() !== "";
  const [first = ""] = body.split("\n\n");
  return {
    commit,
    changed_at: timestamp(Number(time)),
    changed_by: author,
    origin: isOurs ? ("api" as const) : ("git" as const),
    summary,
    reason: isOurs && !first.startsWith("Flag: ") ? first.trim() : "",
    before,
    after,
  };
}

async function readStates(
  directory: string,
  commits: readonly { before: string; after: string }[],
  name: string,
  environment: string,
): Promise<Map<string, FlagState>> {
  const objects = new Set(commits.flatMap(({ before, after }) => [before, after]).filter(Boolean));
  const states = new Map<string, FlagState>();
  for await (const { object, bytes } of readBlobs(directory, [...objects])) {
    const { flag } = readContent(bytes);
    if (!flag) continue;
    const { enabled, description } = normalize(name, flag);
    states.set(object, { enabled: enabled[environment] === true, description });
  }
  return states;
}
