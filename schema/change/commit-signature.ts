/**
 * A keyed signature in a commit's message. It shows that a server that has the key made this change
 * of these files for this actor. Names, e-mail addresses and trailers alone prove nothing: everybody who
 * can push a commit can write any of them.
 *
 * The signature covers what was requested and what it did to the file, but neither the parent nor the
 * committer: it stays valid when a proposal is squashed or rebased by a merge, as long as that
 * changes the files from and to the same content. Version 1 covers one file. Version 2 covers several,
 * and lists a digest of each: a squash may add other files to the commit, but must have all of these.
 */
import { createHmac, hash, timingSafeEqual } from "node:crypto";
import { compareText } from "../text/order.ts";

/** Keys that all servers of a branch share. The first key signs, all are accepted. */
export type CommitKeys = readonly [string, ...string[]];

/** A change of one file: ids of its content before and after, `""` if there is no such file. */
export interface SignedFile {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/** A commit that changes no file. */
const noFile: SignedFile = { file: "", before: "", after: "" };

/** What a verified message says. */
export interface SignedMessage {
  readonly reason: string;
  readonly trailers: ReadonlyMap<string, string>;
  /** The paths of the files that it was signed for. */
  readonly files: readonly string[];
  /** Unique to each signed message. A commit that repeats it is a copy of somebody else's commit. */
  readonly signature: string;
}

const signatureTrailer = "Bunting-Signature";
const minKeyLength = 32;

/** The keys of a setting: one or more, separated by commas. Throws if one is too short to be secret. */
export function parseCommitKeys(text: string, setting: string): CommitKeys {
  const [first = "", ...others] = text.split(",").map((key) => key.trim());
  for (const key of [first, ...others]) {
    if (key.length >= minKeyLength) continue;
    const found = `a key has ${key.length} characters, expected at least ${minKeyLength}`;
    throw new Error(`Cannot use ${setting}: ${found}; make one with "openssl rand -hex 32"`);
  }
  return [first, ...others];
}

/** `message` with a signature for the change of `files` as its last trailer. `nonce` must be new for each message. */
export function signMessage(
  message: string,
  files: readonly SignedFile[],
  [key]: CommitKeys,
  nonce: string,
): string {
  const [file = noFile, ...others] = files;
  const list = others.length === 0 ? "" : ` ${files.map(digestOf).sort(compareText).join(",")}`;
  const line = (mac: string) =>
    `${message.trimEnd()}\n${signatureTrailer}: v${list === "" ? 1 : 2} ${nonce} ${mac}${list}\n`;
  const parts = partsOf(line("-"));
  if (!parts) throw new Error("Cannot sign a commit message without trailers");
  return line(list === "" ? macOf(key, parts, file) : macOf(key, parts));
}

/** What a message says, if one of `keys` signed it for `files` or for some of them; else `undefined`. */
export function verifyMessage(
  message: string,
  files: readonly SignedFile[],
  keys: readonly string[],
): SignedMessage | undefined {
  const parts = partsOf(message);
  const signed = parts && findSigned(parts, files.length === 0 ? [noFile] : files, keys);
  if (!signed) return undefined;
  const { reason, lines } = parts;
  const paths = signed.map(({ file }) => file);
  return { reason, trailers: trailersOf(lines), files: paths, signature: signatureOf(parts) };
}

/** Those of `files` that the signature covers; `undefined` if it is not valid. */
function findSigned(
  parts: MessageParts,
  files: readonly SignedFile[],
  keys: readonly string[],
): readonly SignedFile[] | undefined {
  const { mac, digests } = parts;
  if (digests.length === 0) {
    const file = files.find((one) => keys.some((key) => isSame(mac, macOf(key, parts, one))));
    return file && [file];
  }
  if (!keys.some((key) => isSame(mac, macOf(key, parts)))) return undefined;
  const signed = files.filter((file) => digests.includes(digestOf(file)));
  return signed.length === digests.length ? signed : undefined;
}

/** The value of a trailer that nobody has verified: good for a search, not for a decision. */
export function unverifiedTrailer(message: string, key: string): string {
  return trailersOf(partsOf(message)?.lines ?? []).get(key) ?? "";
}

/** The signature of a message, verified or not; `""` if it has none. */
export function signatureIn(message: string): string {
  const parts = partsOf(message);
  return parts ? signatureOf(parts) : "";
}

function signatureOf({ nonce, mac }: MessageParts): string {
  return `${nonce} ${mac}`;
}

interface MessageParts {
  readonly subject: string;
  readonly reason: string;
  /** The trailers above the signature. */
  readonly lines: readonly string[];
  readonly nonce: string;
  readonly mac: string;
  /** Digests of the files, in version 2. */
  readonly digests: readonly string[];
}

/** Version 1 has no digests; version 2 has two or more. */
const signaturePattern =
  /^Bunting-Signature: v(?:1(?= \S+ \S+$)|2(?= \S+ \S+ \S+$)) ([0-9a-f]+) ([0-9a-f]{64}|-)(?: ([0-9a-f]{64}(?:,[0-9a-f]{64})+))?$/;

/**
 * The parts of a message with a signature. The trailers are the second paragraph, or the third if
 * there is a reason, which may look like trailers itself. A merge may add a number to the subject,
 * and paragraphs at the end.
 */
function partsOf(message: string): MessageParts | undefined {
  const paragraphs = message
    .replaceAll("\r\n", "\n")
    .trim()
    .split(/\n{2,}/);
  const [subject = "", second = "", third = ""] = paragraphs;
  const hasReason = third.split("\n").some((line) => signaturePattern.test(line));
  const lines = (hasReason ? third : second).split("\n");
  const end = lines.findIndex((line) => signaturePattern.test(line));
  const [, nonce = "", mac = "", digests] = signaturePattern.exec(lines[end] ?? "") ?? [];
  if (mac === "") return undefined;
  return {
    subject: subject.replace(/ \(#\d+\)$/, ""),
    reason: hasReason ? second : "",
    lines: lines.slice(0, end),
    nonce,
    mac,
    digests: digests?.split(",") ?? [],
  };
}

/** For one file in version 1; in version 2, for the files whose digests the message lists. */
function macOf(
  key: string,
  { nonce, subject, reason, lines, digests }: MessageParts,
  signed?: SignedFile,
): string {
  const message = [nonce, subject, reason, lines];
  const what = signed
    ? ["v1", ...message, signed.file, signed.before, signed.after]
    : ["v2", ...message, digests];
  return createHmac("sha256", key).update(JSON.stringify(what)).digest("hex");
}

function digestOf({ file, before, after }: SignedFile): string {
  return hash("sha256", JSON.stringify([file, before, after]));
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
