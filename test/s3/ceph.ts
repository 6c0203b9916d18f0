/**
 * Ceph's S3 gateway, a real S3 with its own check of signatures and of conditional writes: one
 * monitor, one disk in memory and one gateway, as ordinary processes of the current user.
 *
 *     apt-get install -y --no-install-recommends radosgw ceph-mon ceph-osd
 */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { cephConfiguration } from "./ceph/configuration.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { freePort } from "./port.ts";
import { findProgram, program } from "./program.ts";
import type { S3Server } from "./server.ts";

const PROGRAMS = ["ceph", "ceph-mon", "ceph-osd", "radosgw", "radosgw-admin"];
const CREDENTIALS = { accessKeyId: "AKIACEPH", secretAccessKey: "the secret of ceph" };
const COMMAND_TIMEOUT_MS = 50_000;

export function cephInstalled(): boolean {
  return PROGRAMS.every((name) => findProgram(name) !== undefined);
}

export async function startCeph(): Promise<S3Server> {
  const folder = await mkdtemp(path.join(tmpdir(), "ceph-"));
  const [monitor, gateway, disk] = await Promise.all([freePort(), freePort(), freePort()]);
  const conf = path.join(folder, "ceph.conf");
  await writeFile(conf, cephConfiguration(folder, { monitor, gateway, disk }));
  await Promise.all(["mon", "osd"].map((name) => mkdir(path.join(folder, name))));

  const daemons: Daemon[] = [];
  const start = (name: string, ...args: string[]): Daemon => {
    const command = [program(name), "-c", conf, "-f", ...args] as const;
    const daemon = startDaemon(path.join(folder, `${name}.out`), command);
    daemons.push(daemon);
    return daemon;
  };
  const run = (name: string, ...args: string[]) =>
    promisify(execFile)(program(name), ["-c", conf, ...args], { timeout: COMMAND_TIMEOUT_MS });
  async function close(): Promise<void> {
    await Promise.all(daemons.map((daemon) => daemon.stop()));
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  const endpoint = `http://127.0.0.1:${gateway}`;
  try {
    const uuid = randomUUID();
    await run("ceph-mon", "-i", "a", "--mkfs", "--public-addrv", `[v2:127.0.0.1:${monitor}]`);
    start("ceph-mon", "-i", "a");
    await run("ceph", "osd", "new", uuid);
    await run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", uuid);
    start("ceph-osd", "-i", "0");
    await start("radosgw", "-n", "client.rgw").ready(() => fetch(endpoint));
    const { accessKeyId, secretAccessKey } = CREDENTIALS;
    const keys = ["--access-key", accessKeyId, "--secret-key", secretAccessKey];
    await run("radosgw-admin", "user", "create", "--uid=test", "--display-name=test", ...keys);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    endpoint,
    region: "us-east-1",
    credentials: CREDENTIALS,
    close,
    [Symbol.asyncDispose]: close,
  };
}
