import { existsSync } from "node:fs";
import { endChild, startChild } from "../git/children.ts";
import { WriteUnavailableError } from "./unavailable.ts";

/** Time limit for one signature: an ssh agent may use a remote service. */
const timeoutMs = 10_000;

/** Signs as `git commit -S` does with `gpg.format=ssh`: OpenSSH's own program holds the key. */
export class Signer {
  readonly #key: string;

  /** Throws if the key cannot sign without a passphrase. */
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

async function sshSign(key: string, text: string): Promise<string> {
  const { SSH_ASKPASS: _, ...env } = process.env;
  // A child has no terminal to ask for a passphrase.
  const child = await startChild(
    "ssh-keygen",
    "ssh-keygen",
    ["-Y", "sign", "-n", "git", "-f", key],
    { env: { ...env, SSH_ASKPASS_REQUIRE: "never", LC_ALL: "C" } },
  );
  const timer = setTimeout(() => endChild(child), timeoutMs);
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      output[name] += chunk;
    });
  }
  child.stdin.on("error", () => {}); // It may end early; its exit code says why.
  child.stdin.end(text);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  if (code === 0 && output.stdout.startsWith("-----BEGIN SSH SIGNATURE-----")) return output.stdout;
  throw new Error(inOneLine(output.stderr) || "ssh-keygen takes too long");
}

/** Removes the lines of `@` that OpenSSH puts around its warnings. */
function inOneLine(text: string): string {
  const lines = text.split(/[\r\n]+/).map((line) => line.replaceAll(/^[@\s]+|[@\s]+$/g, ""));
  return lines.filter((line) => line !== "").join("; ");
}
