/** Who changed a flag, when, and what: the branch's own account of it. */
import { parseFlagFile } from "../../schema/file/parsed-file.ts";
import { normalize } from "../../schema/flag/flag.ts";
import { timestamp } from "../../schema/flag/snapshot.ts";
import { policyFile } from "../../schema/project/policy.ts";
import type { Project } from "../../schema/project/project.ts";
import { readBlobs } from "../git/blobs.ts";
import { readGit } from "../git/git.ts";
import {
  attributionFieldCount,
  attributionFormat,
  type CommitAttribution,
  parseAttribution,
  readProposals,
} from "./commit-attribution.ts";
import { readProjects } from "./projects.ts";

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
  const states = await StateReader.open(directory, commits, name, environment);
  const merged = commits.flatMap((commit) => commit.merged ?? []);
  const proposals = await readProposals(directory, merged, name);
  return commits.map(({ before, after, merged, account, ...commit }) => ({
    kind: before === "" ? "created" : after === "" ? "deleted" : "updated",
    ...commit,
    ...(proposals.get(merged ?? "") ?? account),
    before: states.at(`${commit.commit}^`, before),
    after: states.at(commit.commit, after),
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

/** The states of a flag in an environment, each read with the project of its time. */
class StateReader {
  readonly #name: string;
  readonly #environment: string;
  readonly #projects: ReadonlyMap<string, Project>;
  readonly #blobs: ReadonlyMap<string, Buffer>;

  static async open(
    directory: string,
    commits: readonly { commit: string; before: string; after: string }[],
    name: string,
    environment: string,
  ): Promise<StateReader> {
    const revisions = commits.flatMap(({ commit }) => [commit, `${commit}^`]);
    const projects = await readProjects(directory, revisions);
    const objects = new Set(commits.flatMap(({ before, after }) => [before, after]));
    objects.delete("");
    const blobs = new Map<string, Buffer>();
    for await (const { object, bytes } of readBlobs(directory, [...objects])) {
      blobs.set(object, bytes);
    }
    return new StateReader(name, environment, projects, blobs);
  }

  private constructor(
    name: string,
    environment: string,
    projects: ReadonlyMap<string, Project>,
    blobs: ReadonlyMap<string, Buffer>,
  ) {
    this.#name = name;
    this.#environment = environment;
    this.#projects = projects;
    this.#blobs = blobs;
  }

  /** `null` if there was no such flag or environment, or if the file could not be read. */
  at(revision: string, object: string): FlagState | null {
    const project = this.#projects.get(revision);
    const bytes = this.#blobs.get(object);
    if (!project?.environments.includes(this.#environment) || !bytes) return null;
    const { flag } = parseFlagFile(bytes, project);
    if (!flag) return null;
    const { enabled, description } = normalize(this.#name, flag, project);
    return { enabled: enabled[this.#environment] === true, description };
  }
}
