import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { WriteUnavailableError } from "./unavailable.ts";

/** How long one signature may take, in milliseconds: an agent may have to ask elsewhere. */
const patience = 10_000;

/** Signs as `git commit -S` does with `gpg.format=ssh`: OpenSSH's own program holds the key. */
export class Signer {
  readonly #key: string;

  /** Throws where the key cannot sign now, and without anybody who types a passphrase. */
  static async open(key: string): Promise<Signer> {
    const failed = (why: string) => {
      const wanted = "it must be a private key without a passphrase, or one that an agent holds";
      return new Error(`Cannot sign commits with "${key}": ${why}; ${wanted}`);
    };
    if (!existsSync(key)) throw failed("there is no such file");
    await sshSign(key, "").catch((error: Error) => Promise.reject(failed(error.message)));
    return new Signer(key);
  }

  private constructor(key: string) {
    this.#key = key;
  }

  /** The signature in ASCII armor. Throws `WriteUnavailableError`. */
  async sign(text: string): Promise<string> {
    return sshSign(this.#key, text).catch((cause) => {
      throw new WriteUnavailableError("Cannot write: the commit cannot be signed", { cause });
    });
  }
}

function sshSign(key: string, text: string): Promise<string> {
  const { SSH_ASKPASS: _, ...env } = process.env;
  // In a session of its own it has no terminal to ask for a passphrase.
  const child = spawn("ssh-keygen", ["-Y", "sign", "-n", "git", "-f", key], {
    env: { ...env, SSH_ASKPASS_REQUIRE: "never", LC_ALL: "C" },
    detached: true,
    timeout: patience,
  });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      said[name] += chunk;
    });
  }
  child.stdin.on("error", () => {}); // it may end early; its exit code says why
  child.stdin.end(text);
  return new Promise((resolve, reject) => {
    child.on("error", (error) => reject(new Error(`ssh-keygen does not run: ${error.message}`)));
    child.on("close", (code) => {
      const isSigned = code === 0 && said.stdout.startsWith("-----BEGIN SSH SIGNATURE-----");
      if (isSigned) resolve(said.stdout);
      else reject(new Error(inOneLine(said.stderr) || "ssh-keygen takes too long"));
    });
  });
}

/** Without the frame that OpenSSH puts round its warnings. */
function inOneLine(text: string): string {
  const lines = text.split(/[\r\n]+/).map((line) => line.replaceAll(/^[@\s]+|[@\s]+$/g, ""));
  return lines.filter((line) => line !== "").join("; ");
}
