/**
 * Debian's nginx with the example configuration, as an ordinary process of the current user.
 *
 *     apt-get install -y --no-install-recommends nginx-light
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { rootCertificates } from "node:tls";
import { startDaemon } from "../s3/daemon.ts";
import { freePort } from "../s3/port.ts";
import { findProgram, program } from "../s3/program.ts";

export interface Nginx extends AsyncDisposable {
  /** The base URL of the API's paths. */
  readonly url: string;
  close(): Promise<void>;
}

export interface NginxOptions {
  /** The endpoint of the S3 behind it. */
  readonly origin: string;
  /** The bucket, with the prefix if there is one. */
  readonly bucket: string;
}

const TEMPLATE = new URL("../../.github/nginx/cdn.conf.template", import.meta.url);

export function nginxInstalled(): boolean {
  return findProgram("nginx") !== undefined;
}

export async function startNginx({ origin, bucket }: NginxOptions): Promise<Nginx> {
  const folder = await mkdtemp(path.join(tmpdir(), "nginx-"));
  const port = await freePort();
  const certificates = path.join(folder, "certificates.pem");
  const site = fill(await readFile(TEMPLATE, "utf8"), {
    PORT: `127.0.0.1:${port}`,
    ORIGIN: origin,
    BUCKET: bucket,
    CACHE: path.join(folder, "cache"),
    RESOLVER: "127.0.0.1",
    CERTIFICATES: certificates,
  });
  const conf = path.join(folder, "nginx.conf");
  await mkdir(path.join(folder, "temp"));
  await writeFile(certificates, rootCertificates.join("\n"));
  await writeFile(path.join(folder, "cdn.conf"), site);
  await writeFile(conf, mainConfiguration(folder));

  const command = [program("nginx"), "-p", folder, "-c", conf, "-e", "stderr"] as const;
  const daemon = startDaemon(path.join(folder, "output"), command);
  async function close(): Promise<void> {
    await daemon.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  const url = `http://127.0.0.1:${port}`;
  try {
    await daemon.ready(() => fetch(url, { method: "OPTIONS" }));
  } catch (error) {
    await close();
    throw error;
  }
  return { url, close, [Symbol.asyncDispose]: close };
}

/** Replaces variables like `envsubst`. */
function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\$\{([A-Z]+)\}/g, (placeholder, name) => {
    const value = values[name];
    if (value === undefined) throw new Error(`Cannot fill in "${placeholder}": it has no value`);
    return value;
  });
}

function mainConfiguration(folder: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `
daemon off;
worker_processes 1;
${process.getuid?.() === 0 ? "user root;" : ""}
pid ${folder}/pid;
error_log stderr warn;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/temp/${name};`).join("\n  ")}
  include ${folder}/cdn.conf;
}
`;
}
