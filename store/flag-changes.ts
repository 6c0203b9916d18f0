/** Who changed a flag, when, and what: the branch's own account of it. */
import { readContent } from "../schema/content.ts";
import { normalize } from "../schema/flag.ts";
import { policyFile } from "../schema/policy.ts";
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
  /** `null` where there was no flag, or none that could be read. */
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
  const args = ["log", "--first-parent", "--diff-merges=first-parent", "--root", "--raw", "-z"];
  args.push("--no-renames", "--no-abbrev", "--no-notes", "--no-color", "--no-show-signature");
  args.push("--no-follow", "--no-relative", "-O/dev/null", "--encoding=UTF-8");
  args.push("--format=%x01%H%x00%ct%x00%an%x00%s%x00%b%x00%(trailers:key=Actor,valueonly)%x00");
  args.push(`--max-count=${limit}`, `--skip=${skip}`, "--end-of-options", head);
  args.push("--", `:(glob)flags/**/${name}.yaml`, `:(exclude)${policyFile}`);
  const commits = parseLog(await readGit(directory, args));
  const states = await readStates(directory, commits, name, environment);
  return commits.map(({ before, after, ...commit }) => ({
    kind: before === "" ? "created" : after === "" ? "deleted" : "updated",
    ...commit,
    before: states.get(before) ?? null,
    after: states.get(after) ?? null,
  }));
}

/** Fields of commits are counted, not looked for: people may write anything into a message. */
function parseLog(output: string) {
  const tokens = output.split("\0");
  const commits: ReturnType<typeof parseCommit>[] = [];
  for (let at = 0; at < tokens.length; ) {
    const fields = tokens.slice(at, at + 6);
    const raw: string[] = [];
    for (at += 6; at < tokens.length && !(tokens[at] ?? "").trimStart().startsWith("\x01"); at++)
      raw.push(tokens[at] ?? "");
    if (fields.length === 6) commits.push(parseCommit(fields, raw));
  }
  return commits;
}

function parseCommit(fields: readonly string[], raw: readonly string[]) {
  const [id = "", time, author = "", summary = "", body = "", actor = ""] = fields;
  const changes = raw
    .map((token) => token.trim().split(" "))
    .filter(([mode]) => mode?.startsWith(":"));
  // A move is two changes: the old file goes, the new one comes.
  const before = changes.find(([, , , , status]) => status !== "A")?.[2] ?? "";
  const after = changes.find(([, , , , status]) => status !== "D")?.[3] ?? "";
  const isOurs = actor.trim() !== "";
  const [reason = "", trailers] = body.trim().split("\n\n");
  return {
    commit: id.trimStart().slice("\x01".length),
    changed_at: timestamp(Number(time)),
    changed_by: author,
    origin: isOurs ? ("api" as const) : ("git" as const),
    summary,
    reason: isOurs && trailers !== undefined ? reason : "",
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
