import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { objectId } from "../git/object-id.ts";
import { readObjects } from "../git/objects.ts";
import { inClone } from "./clone.ts";
import type { Signer } from "./signer.ts";

/**
 * Signs commits, each of which is the parent of the next, and returns their new ids. A signature
 * covers the parent's id, so each commit is finished before the next; git stores them all at once.
 */
export async function signCommits(
  directory: string,
  ids: readonly string[],
  signer: Signer,
): Promise<string[]> {
  const commits: { readonly id: string; readonly text: string }[] = [];
  for (const unsigned of await readCommits(directory, ids)) {
    const parent = commits.at(-1)?.id;
    const text = parent ? unsigned.replace(/^parent .*$/m, `parent ${parent}`) : unsigned;
    const signed = withSignature(text, await signer.sign(text), ids[0]?.length === 64);
    commits.push({ id: objectId("commit", signed, ids[0] ?? ""), text: signed });
  }
  await storeCommits(directory, commits);
  return commits.map(({ id }) => id);
}

async function readCommits(directory: string, ids: readonly string[]): Promise<string[]> {
  const texts: string[] = [];
  for await (const { name, type, bytes } of readObjects(directory, ids, Number.POSITIVE_INFINITY)) {
    if (type !== "commit") throw new Error(`Cannot sign ${name}: git does not find the commit`);
    texts.push(bytes.toString("utf8"));
  }
  return texts;
}

/** The signature is the last header. Its further lines begin with a space. */
function withSignature(commit: string, signature: string, isSha256: boolean): string {
  const end = commit.indexOf("\n\n");
  const name = isSha256 ? "gpgsig-sha256" : "gpgsig";
  const header = `${name} ${signature.trimEnd().replaceAll("\n", "\n ")}`;
  return `${commit.slice(0, end)}\n${header}${commit.slice(end)}`;
}

/** Git checks each commit, and must give it the id that its child refers to. */
async function storeCommits(
  directory: string,
  commits: readonly { readonly id: string; readonly text: string }[],
): Promise<void> {
  const drafts = mkdtempSync(path.join(directory, "signed-"));
  try {
    const files = commits.map(({ id, text }) => {
      const file = path.join(drafts, id);
      writeFileSync(file, text);
      return file;
    });
    const args = ["hash-object", "-t", "commit", "-w", "--stdin-paths"];
    const answer = await inClone(directory, args, { input: `${files.join("\n")}\n` });
    const wanted = commits.map(({ id }) => id).join("\n");
    if (answer.trim() !== wanted)
      throw new Error(`Cannot sign: git stored the commits as ${answer.trim()}, not as ${wanted}`);
  } finally {
    rmSync(drafts, { recursive: true, force: true });
  }
}
