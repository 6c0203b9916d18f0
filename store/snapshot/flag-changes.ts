/** Who changed a flag, when, and what: the branch's own account of it. */
import { parseFlagFile } from "../../schema/file/parsed-file.ts";
import { normalize } from "../../schema/flag/flag.ts";
import { timestamp } from "../../schema/flag/snapshot.ts";
import { policyFile } from "../../schema/project/policy.ts";
import { readBlobs } from "../git/blobs.ts";
import { readGit } from "../git/git.ts";
import {
  attributionFieldCount,
  attributionFormat,
  type CommitAttribution,
  parseAttribution,
  readProposals,
} from "./commit-attribution.ts";

export interface FlagState {
  readonly enabled: boolean;
  readonly description: string;
}

/** A merge of what the API proposed is told as the proposal tells it. */
export interface FlagChange extends CommitAttribution {
  readonly kind: "created" | "updated" | "deleted";
  readonly commit: string;
  readonly changed_at: string;
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
  args.push(`--format=%x01%H%x00%ct%x00%P%x00${attributionFormat}`);
  args.push(`--max-count=${limit}`, `--skip=${skip}`, "--end-of-options", head);
  args.push("--", `:(glob)flags/**/${name}.yaml`, `:(exclude)${policyFile}`);
  const commits = parseLog(await readGit(directory, args));
  const states = await readStates(directory, commits, name, environment);
  const merged = commits.flatMap((commit) => commit.merged ?? []);
  const proposals = await readProposals(directory, merged, name);
  return commits.map(({ before, after, merged, account, ...commit }) => ({
    kind: before === "" ? "created" : after === "" ? "deleted" : "updated",
    ...commit,
    ...(proposals.get(merged ?? "") ?? account),
    before: states.get(before) ?? null,
    after: states.get(after) ?? null,
  }));
}

const fieldCount = 3 + attributionFieldCount;

/** Fields of commits are counted, not looked for: people may write anything into a message. */
function parseLog(output: string) {
  const tokens = output.split("\0");
  const commits: ReturnType<typeof parseCommit>[] = [];
  for (let at = 0; at < tokens.length; ) {
    const fields = tokens.slice(at, at + fieldCount);
    const raw: string[] = [];
    for (
      at += fieldCount;
      at < tokens.length && !(tokens[at] ?? "").trimStart().startsWith("\x01");
      at++
    )
      raw.push(tokens[at] ?? "");
    if (fields.length === fieldCount) commits.push(parseCommit(fields, raw));
  }
  return commits;
}

function parseCommit(fields: readonly string[], raw: readonly string[]) {
  const [id = "", time, parents = "", ...rest] = fields;
  const changes = raw
    .map((token) => token.trim().split(" "))
    .filter(([mode]) => mode?.startsWith(":"));
  // A move is two changes: the old file goes, the new one comes.
  const before = changes.find(([, , , , status]) => status !== "A")?.[2] ?? "";
  const after = changes.find(([, , , , status]) => status !== "D")?.[3] ?? "";
  const { flag: _, ...account } = parseAttribution(rest);
  return {
    commit: id.trimStart().slice("\x01".length),
    changed_at: timestamp(Number(time)),
    account,
    merged: parents.split(" ")[1],
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
    const { flag } = parseFlagFile(bytes);
    if (!flag) continue;
    const { enabled, description } = normalize(name, flag);
    states.set(object, { enabled: enabled[environment] === true, description });
  }
  return states;
}
