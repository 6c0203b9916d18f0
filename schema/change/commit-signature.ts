/**
 * A keyed signature in a commit's message. It shows that a server that has the key made this change
 * of this file for this actor. Names, e-mail addresses and trailers alone prove nothing: whoever can
 * push a commit can write any of them.
 *
 * The signature covers what was requested and what it did to the file, but neither the parent nor the
 * committer: it stays valid when a proposal is squashed or rebased by a merge, as long as that
 * changes the file from and to the same content.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

/** Shared by all servers of a branch. The first key signs, all are accepted. */
export type CommitKeys = readonly [string, ...string[]];

/** A change of one file: ids of its content before and after, `""` if there is no such file. */
export interface SignedFile {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/** A commit that changes no file. */
export const noFile: SignedFile = { file: "", before: "", after: "" };

/** What a verified message says. */
export interface SignedMessage {
  readonly reason: string;
  readonly trailers: ReadonlyMap<string, string>;
  /** Unique to each signed message. A commit that repeats it is a copy of somebody else's commit. */
  readonly signature: string;
}

export const signatureTrailer = "Bunting-Signature";
const shortestKey = 32;

/** The keys of a setting: one or more, separated by commas. Throws if one is too short to be secret. */
export function parseCommitKeys(text: string, setting: string): CommitKeys {
  const [first = "", ...others] = text.split(",").map((key) => key.trim());
  for (const key of [first, ...others]) {
    if (key.length >= shortestKey) continue;
    const found = `a key has ${key.length} characters, expected at least ${shortestKey}`;
    throw new Error(`Cannot use ${setting}: ${found}; make one with "openssl rand -hex 32"`);
  }
  return [first, ...others];
}

/** `message` with the signature as its last trailer. `nonce` must be new for each message. */
export function signMessage(
  message: string,
  file: SignedFile,
  [key]: CommitKeys,
  nonce: string,
): string {
  const parts = partsOf(`${message.trimEnd()}\n${signatureTrailer}: v1 ${nonce} -\n`);
  if (!parts) throw new Error("Cannot sign a commit message without trailers");
  const mac = macOf(key, nonce, parts, file);
  return `${message.trimEnd()}\n${signatureTrailer}: v1 ${nonce} ${mac}\n`;
}

/** What a message says, if one of `keys` signed it for one of `files`; else `undefined`. */
export function verifyMessage(
  message: string,
  files: readonly SignedFile[],
  keys: readonly string[],
): SignedMessage | undefined {
  const parts = partsOf(message);
  if (!parts) return undefined;
  const { nonce, mac, reason, lines } = parts;
  const isSigned = keys.some((key) =>
    (files.length === 0 ? [noFile] : files).some((file) =>
      isSame(mac, macOf(key, nonce, parts, file)),
    ),
  );
  return isSigned
    ? { reason, trailers: trailersOf(lines), signature: `${nonce} ${mac}` }
    : undefined;
}

/** The value of a trailer that nobody has verified: good for a search, not for a decision. */
export function unverifiedTrailer(message: string, key: string): string {
  return trailersOf(partsOf(message)?.lines ?? []).get(key) ?? "";
}

/** The signature of a message, verified or not; `""` if it has none. */
export function signatureIn(message: string): string {
  const { nonce = "", mac = "" } = partsOf(message) ?? {};
  return mac === "" ? "" : `${nonce} ${mac}`;
}

interface Parts {
  readonly subject: string;
  readonly reason: string;
  /** The trailers above the signature. */
  readonly lines: readonly string[];
  readonly nonce: string;
  readonly mac: string;
}

const signaturePattern = /^Bunting-Signature: v1 ([0-9a-f]+) ([0-9a-f]{64}|-)$/;

/**
 * The parts of a message with a signature. The trailers are the second paragraph, or the third if
 * there is a reason, which may look like trailers itself. A merge may add a number to the subject,
 * and paragraphs at the end.
 */
function partsOf(message: string): Parts | undefined {
  const paragraphs = message
    .replaceAll("\r\n", "\n")
    .trim()
    .split(/\n{2,}/);
  const [subject = "", second = "", third = ""] = paragraphs;
  const hasReason = third.split("\n").some((line) => signaturePattern.test(line));
  const lines = (hasReason ? third : second).split("\n");
  const end = lines.findIndex((line) => signaturePattern.test(line));
  const [, nonce = "", mac = ""] = signaturePattern.exec(lines[end] ?? "") ?? [];
  if (mac === "") return undefined;
  return {
    subject: subject.replace(/ \(#\d+\)$/, ""),
    reason: hasReason ? second : "",
    lines: lines.slice(0, end),
    nonce,
    mac,
  };
}

function macOf(
  key: string,
  nonce: string,
  { subject, reason, lines }: Parts,
  { file, before, after }: SignedFile,
): string {
  const signed = JSON.stringify(["v1", nonce, subject, reason, lines, file, before, after]);
  return createHmac("sha256", key).update(signed).digest("hex");
}

function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function trailersOf(lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    lines.flatMap((line) => {
      const [, key = "", value = ""] = /^([A-Za-z-]+): (.*)$/.exec(line) ?? [];
      return key === "" ? [] : [[key, value] as const];
    }),
  );
}
