/** Keys of OpenSSH, made by its own program. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { temporaryDirectory } from "./repository.ts";

/** Makes a private key, and returns its path; the public one lies beside it, as `.pub`. */
export function sshKey({ type = "ed25519", passphrase = "" } = {}): string {
  const file = path.join(temporaryDirectory(), "key");
  execFileSync("ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-C", "", "-f", file]);
  return file;
}

/** The settings with which git accepts signatures of this key by the owner of that address. */
export function trustSettings(key: string, email: string): string[] {
  const file = path.join(temporaryDirectory(), "allowed-signers");
  writeFileSync(file, `${email} ${readFileSync(`${key}.pub`, "utf8")}`);
  return ["-c", "gpg.format=ssh", "-c", `gpg.ssh.allowedSignersFile=${file}`];
}
