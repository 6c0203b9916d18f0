import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

export interface ImportedCommit {
  /** Positions of the parents in the list of commits, the first parent first. */
  readonly parents: readonly number[];
  /** Committer time, in seconds since 1970. */
  readonly time: number;
  /** By file: its new text, or `null` to delete it, compared with the first parent. */
  readonly files: Readonly<Record<string, string | null>>;
}

/**
 * Makes commits in a repository by one process (`git fast-import`), thousands a second, and
 * returns their ids. `refs/heads/main` is the last of them; a work tree stays as it was.
 */
export function importCommits(directory: string, commits: Iterable<ImportedCommit>): string[] {
  const temporary = mkdtempSync(path.join(tmpdir(), "bunting-import-"));
  try {
    const marks = path.join(temporary, "marks");
    const stream = [...commits].map((commit, position) => describe(commit, position + 1));
    const args = ["fast-import", "--quiet", "--force", `--export-marks=${marks}`];
    const input = stream.join("");
    const env = { PATH: process.env.PATH, GIT_CONFIG_NOSYSTEM: "1" };
    const options = { cwd: directory, env, input, encoding: "utf8" } as const;
    const { status, stderr } = spawnSync("git", args, options);
    if (status !== 0) throw new Error(`Cannot import commits: ${stderr}`);
    return readMarks(readFileSync(marks, "utf8"));
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

/**
 * `flags` flags in folders of a hundred, added by the first of `commits` commits; each further commit
 * turns one of them on or off. The commits are one minute apart.
 */
export function* largeHistory(flags: number, commits: number): Generator<ImportedCommit> {
  const edited = new Array<number>(flags).fill(0);
  const added = edited.map((_, flag): [string, string] => [flagFile(flag), flagText(flag, 0)]);
  yield { parents: [], time: start, files: Object.fromEntries(added) };
  for (let commit = 1; commit < commits; commit++) {
    const flag = (commit * 7_919) % flags;
    const edit = (edited[flag] ?? 0) + 1;
    edited[flag] = edit;
    const files = { [flagFile(flag)]: flagText(flag, edit) };
    yield { parents: [commit - 1], time: start + commit * 60, files };
  }
}

const start = 1_700_000_000;

export function flagFile(flag: number): string {
  return `flags/team_${Math.floor(flag / 100)}/improvement_${flag}.yaml`;
}

function flagText(flag: number, edit: number): string {
  return `# yaml-language-server: $schema=../../schema/flag.schema.json
# Ask in #team-${Math.floor(flag / 100)} before touching production
description: Enable improvement ${flag} of the meal planner
enabled: ${edit % 2 === 1}
owner: nutrition
environments:
  staging:
    enabled: true # since edit ${edit}
  development:
    enabled: true
`;
}

function describe({ parents, time, files }: ImportedCommit, mark: number): string {
  const [first, ...merged] = parents.map((position) => position + 1);
  const lines = first === undefined ? ["reset refs/heads/main", ""] : [];
  lines.push("commit refs/heads/main", `mark :${mark}`);
  lines.push("author Ada <ada@example.com> 1000000000 +0000");
  lines.push(`committer Grace <grace@example.com> ${time} +0000`, "data 0");
  // Without "from", a commit follows the last one, whose tree need not be read again.
  if (first !== undefined && first !== mark - 1) lines.push(`from :${first}`);
  lines.push(...merged.map((parent) => `merge :${parent}`));
  for (const [file, text] of Object.entries(files)) {
    if (text === null) lines.push(`D ${file}`);
    else lines.push(`M 100644 inline ${file}`, `data ${Buffer.byteLength(text)}`, text);
  }
  return `${lines.join("\n")}\n`;
}

function readMarks(text: string): string[] {
  const ids: string[] = [];
  for (const line of text.trimEnd().split("\n")) {
    const [mark = "", id = ""] = line.split(" ");
    ids[Number(mark.slice(1)) - 1] = id;
  }
  return ids;
}
