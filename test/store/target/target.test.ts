import { hash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { CreateBucketCommand, type S3ClientConfig } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { fileOf } from "../../../schema/compile/urls.ts";
import { DirectoryTarget } from "../../../store/target/directory-target.ts";
import { openTarget } from "../../../store/target/open-target.ts";
import { createClient } from "../../../store/target/s3-client.ts";
import { S3Target } from "../../../store/target/s3-target.ts";
import { temporaryDirectory } from "../../git/repository.ts";
import { Overlap } from "../../overlap.ts";
import { cephInstalled, startCeph } from "../../s3/ceph.ts";
import {
  type S3Double,
  type S3DoubleOptions,
  startS3Double,
  storedObject,
} from "../../s3/double.ts";
import { freePort } from "../../s3/port.ts";
import type { S3Server } from "../../s3/server.ts";
import { failsAt } from "../build/failing-disk.ts";
import { type Memory, MemoryTarget } from "./memory-target.ts";
import { object, type TargetStore, type Traits, testTarget } from "./target-contract.ts";

const flag = "/v1/feature-flags/meal_planning";
const bucket = "flags";

/** S3 as AWS documents it. */
const s3: Traits = { keepsHeaders: true, pageSize: 1_000 };
/** Ceph 16 may answer a lost race with 500. `ceph.test.ts` shows its other differences from AWS. */
const ceph: Traits = { ...s3, failsLosers: true };

const directory: Traits = { ...s3, keepsHeaders: false };

testTarget("a directory", startDirectory, directory);
testTarget("memory", startMemory, s3);
testTarget("the double of S3", () => startDouble({ pageSize: 20 }), { ...s3, pageSize: 20 });
testTarget(
  "a double that differs from AWS as Ceph does",
  () => startDouble({ refusesQuotedEtags: true, ignoresConditionOnDelete: true }),
  s3,
);

const installed = cephInstalled();
if (!installed) {
  const cure = "apt-get install -y --no-install-recommends radosgw ceph-mon ceph-osd";
  process.stderr.write(
    `\nSKIPPED, NOT TESTED: publishing to a real S3: Ceph is missing (${cure})\n`,
  );
}
describe.runIf(installed)("with Ceph", () => testTarget("Ceph's S3", startCephStore, ceph));

/** The target of tests that publish a thousand times must be like the others. */
async function startMemory(): Promise<TargetStore> {
  const memory: Memory = new Map();
  return {
    open: (prefix) => new MemoryTarget(memory, () => Date.now(), prefix),
    async [Symbol.asyncDispose]() {},
  };
}

async function startDirectory(): Promise<TargetStore> {
  const top = temporaryDirectory();
  const open = (prefix: string) => new DirectoryTarget(path.join(top, prefix));
  return { open, async [Symbol.asyncDispose]() {} };
}

async function startDouble(options: Partial<S3DoubleOptions>): Promise<TargetStore> {
  return storeOn(await startS3Double({ bucket, ...options }));
}

async function startCephStore(): Promise<TargetStore> {
  const server = await startCeph();
  const client = clientOf(server);
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return storeOn(server, client);
}

function storeOn(server: S3Server, client = clientOf(server)): TargetStore {
  return {
    open: (prefix) => new S3Target(`s3://${bucket}/${prefix}`, bucket, prefix, client),
    async [Symbol.asyncDispose]() {
      client.destroy();
      await server.close();
    },
  };
}

function clientOf({ endpoint, region, credentials }: S3Server, config: S3ClientConfig = {}) {
  return createClient({ endpoint, region, credentials, forcePathStyle: true, ...config });
}

describe("S3Target", () => {
  let double: S3Double;
  beforeEach(async () => {
    double = await startS3Double({ bucket });
  });
  afterEach(() => double.close());

  const everything = (target: S3Target): [string, () => Promise<unknown>][] => [
    [`list "${target.name}"`, () => target.list()],
    [`read "${flag}" in "${target.name}"`, () => target.read(flag)],
    [`write "${flag}" in "${target.name}"`, () => target.write(object(flag, "{}"), undefined)],
    [`write "${flag}" in "${target.name}"`, () => target.write(object(flag, "{}"), "0")],
    [`remove "${flag}" in "${target.name}"`, () => target.remove(flag, "0")],
  ];

  test.each([
    ["s3://flags", "flags", ""],
    ["s3://flags/a/b", "flags", "a/b"],
    ["s3://flags/a/b/", "flags", "a/b/"],
  ])("as %s uses keys without a first slash", async (name, _bucket, prefix) => {
    const target = new S3Target(name, bucket, prefix, clientOf(double));
    await target.write(object(flag, "{}"), undefined);
    const below = prefix === "" ? "" : "a/b/";
    expect([...double.objects.keys()]).toEqual([`${below}v1/feature-flags/meal_planning`]);
    target.close();
  });

  test("lists thousands of objects, and no more than are there", async () => {
    const paged = await startS3Double({ bucket, pageSize: 50 });
    const keys = Array.from({ length: 2_050 }, (_, at) => `site/v1/feature-flags/flag_${at}`);
    for (const key of keys) paged.objects.set(key, storedObject(key));
    const target = new S3Target("s3://flags/site", bucket, "site", clientOf(paged));
    const listed = await target.list();
    expect([...listed.keys()].sort()).toEqual(keys.map((key) => key.slice("site".length)).sort());
    expect(paged.requests.length).toBe(41);
    target.close();
    await paged.close();
  });

  test("names the wrong secret, without its value", async () => {
    const credentials = { ...double.credentials, secretAccessKey: "a wrong secret" };
    const target = new S3Target("s3://flags", bucket, "", clientOf(double, { credentials }));
    for (const [what, attempt] of everything(target)) {
      const error = await attempt().catch((reason: unknown) => reason);
      expect(String(error)).toMatch(`Error: Cannot ${what}: SignatureDoesNotMatch (403)`);
      expect(String(error)).not.toContain("a wrong secret");
    }
    target.close();
  });

  test("says that there is no such bucket", async () => {
    const target = new S3Target("s3://flogs", "flogs", "", clientOf(double));
    for (const [what, attempt] of everything(target)) {
      await expect(attempt()).rejects.toThrow(`Cannot ${what}: NoSuchBucket (404)`);
    }
    target.close();
  });

  test("reports that nothing listens at the endpoint", async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const target = new S3Target("s3://flags", bucket, "", clientOf(double, { endpoint }));
    const attempts = everything(target).map(async ([what, attempt]) => {
      await expect(attempt()).rejects.toThrow(new RegExp(`^Cannot ${what}: .*ECONNREFUSED`));
    });
    await Promise.all(attempts);
    target.close();
  });

  test("finds the form of If-Match that the store accepts with its first conditional write", async () => {
    const ceph = await startS3Double({ bucket, refusesQuotedEtags: true });
    for (const [server, forms] of [
      [double, ['"0"', '"1"']],
      [ceph, ['"0"', "0", "1"]],
    ] as const) {
      const target = new S3Target("s3://flags", bucket, "", clientOf(server));
      await target.write(object(flag, "0"), undefined);
      await target.write(object(flag, "1"), hash("md5", "0"));
      await target.write(object(flag, "2"), hash("md5", "1"));
      expect(server.objects.get(flag.slice(1))?.body.toString()).toBe("2");
      const sent = server.requests.flatMap(({ headers }) => headers["if-match"] ?? []);
      const known = new Map(["0", "1"].map((body) => [hash("md5", body), body]));
      expect(
        sent.map((one) => one.replace(/[0-9a-f]{32}/, (sum) => known.get(sum) ?? sum)),
      ).toEqual(forms);
      target.close();
    }
    await ceph.close();
  });

  test("removes nothing that another publisher wrote, even if the store ignores the condition", async () => {
    const careless = await startS3Double({ bucket, ignoresConditionOnDelete: true });
    const target = new S3Target("s3://flags", bucket, "", clientOf(careless));
    await target.write(object(flag, "theirs"), undefined);
    expect(await target.remove(flag, hash("md5", "ours"))).toBe(false);
    expect(careless.objects.size).toBe(1);
    target.close();
    await careless.close();
  });

  test("says that an object is not removed if another publisher writes the same bytes again", async () => {
    const target = new S3Target("s3://flags", bucket, "", clientOf(double));
    await target.write(object(flag, "same"), undefined);
    const [[key, written] = []] = [...double.objects];
    if (key === undefined || written === undefined) throw new Error("Nothing was written");
    let isDeleted = false;
    double.fault({
      kind: "drop",
      times: Number.POSITIVE_INFINITY,
      match({ method }) {
        if (isDeleted)
          double.objects.set(key, { ...written, metadata: { commit: "b".repeat(40) } });
        isDeleted ||= method === "DELETE";
        return false;
      },
    });
    expect(await target.remove(flag, hash("md5", "same"))).toBe(false);
    expect(double.objects.size).toBe(1);
    target.close();
  });

  describe("given answers that are not S3's,", () => {
    const page = "<!doctype html><html><body>Please log in</body></html>";
    const listing = (token: (nth: number) => string) => (_request: unknown, nth: number) =>
      `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>${token(nth)}</NextContinuationToken></ListBucketResult>`;
    let server: Server;
    afterEach(() => {
      server.closeAllConnections();
      server.close();
    });

    async function serve(
      answer: (request: IncomingMessage, nth: number) => string,
      status = 200,
      headers = {},
    ): Promise<S3Target> {
      let nth = 0;
      server = createServer((request, response) => {
        nth += 1;
        request.resume();
        response.writeHead(status, { "content-type": "text/html", ...headers });
        response.end(answer(request, nth));
      }).listen(0, "127.0.0.1");
      await vi.waitUntil(() => server.listening);
      const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const client = clientOf(double, { endpoint, maxAttempts: 1 });
      return new S3Target("s3://flags", bucket, "", client);
    }

    test("accepts an HTML page neither as a listing nor as a written object", async () => {
      const target = await serve(() => page);
      await expect(target.list()).rejects.toThrow("the answer is not a listing of S3");
      await expect(target.write(object(flag, "{}"), undefined)).rejects.toThrow("has no ETag");
    });

    test("does not take a 404 page of another server as a missing object", async () => {
      const target = await serve(() => page, 404);
      for (const [what, attempt] of everything(target)) {
        await expect(attempt()).rejects.toThrow(`Cannot ${what}: NotFound (404)`);
      }
    });

    test.each([
      ["repeats a token", () => "same"],
      ["repeats two tokens", (nth: number) => `${nth % 2}`],
    ])("ends a listing that %s", async (_what, token) => {
      const target = await serve(listing(token));
      await expect(target.list()).rejects.toThrow("the listing does not end");
    });

    test("names the region and the endpoint of a redirect", async () => {
      const message = "The bucket must be addressed using the specified endpoint.";
      const body = `<Error><Code>PermanentRedirect</Code><Message>${message}</Message><Endpoint>flags.s3.eu-central-1.amazonaws.com</Endpoint></Error>`;
      const target = await serve(() => body, 301, { "x-amz-bucket-region": "eu-central-1" });
      await expect(target.read(flag)).rejects.toThrow(
        `Cannot read "${flag}" in "s3://flags": PermanentRedirect (301): ${message} (the bucket's region is "eu-central-1": set AWS_REGION=eu-central-1; its endpoint is "flags.s3.eu-central-1.amazonaws.com")`,
      );
    });
  });

  describe("reads again", () => {
    const timeouts = { requestTimeout: 300, socketTimeout: 300, throwOnRequestTimeout: true };
    const listing = `<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>`;
    let server: Server;
    afterEach(() => {
      server.closeAllConnections();
      server.close();
    });

    const serve = async (answer: RequestListener): Promise<S3Target> => {
      server = createServer(answer).listen(0, "127.0.0.1");
      await vi.waitUntil(() => server.listening);
      const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const client = clientOf(double, { endpoint, requestHandler: timeouts });
      return new S3Target("s3://flags", bucket, "", client);
    };

    test.each([
      ["breaks off", (response: { destroy(): void }) => response.destroy()],
      ["never ends", () => {}],
    ])("what %s in the middle", async (_what, spoil) => {
      let requests = 0;
      const target = await serve((request, response) => {
        requests += 1;
        const body = request.url?.includes("list-type") ? listing : "{}";
        response.writeHead(200, { "content-length": body.length, etag: '"e"' });
        if (requests % 2 === 0) return response.end(body);
        response.write(body.slice(0, 1), () => spoil(response));
      });
      expect((await target.read(flag))?.body.toString()).toBe("{}");
      expect(await target.list()).toEqual(new Map());
      expect(requests).toBe(4);
      target.close();
    });

    test("an incomplete body, a limited number of times", async () => {
      const target = await serve((_request, response) => {
        response.writeHead(200, { "content-length": 2 });
        response.write("{", () => response.destroy());
      });
      await expect(target.read(flag)).rejects.toThrow(`Cannot read "${flag}" in "s3://flags": `);
      target.close();
    });
  });
});

describe("DirectoryTarget", () => {
  test("keeps a list as index.json, a flag as NAME.json", async () => {
    const directory = temporaryDirectory();
    const target = new DirectoryTarget(directory);
    for (const urlPath of ["/v1/feature-flags/", flag, "/manifest.json", "/errors/404.json"]) {
      await target.write(object(urlPath, urlPath), undefined);
    }
    expect(files(directory)).toEqual([
      "errors/404.json",
      "manifest.json",
      "v1/feature-flags/index.json",
      "v1/feature-flags/meal_planning.json",
    ]);
  });

  test("replaces a link, and does not change its target", async () => {
    const directory = temporaryDirectory();
    const target = new DirectoryTarget(directory);
    await target.write(object("/v1/feature-flags/", "[]"), undefined);
    const elsewhere = path.join(temporaryDirectory(), "elsewhere");
    writeFileSync(elsewhere, "theirs");
    symlinkSync(elsewhere, path.join(directory, "v1/feature-flags/meal_planning.json"));
    expect(await target.read(flag)).toBeUndefined();
    expect(await target.write(object(flag, "ours"), undefined)).toBe(true);
    expect(readFileSync(elsewhere, "utf8")).toBe("theirs");
    expect((await target.read(flag))?.body.toString()).toBe("ours");
  });

  test.each(["v1", "v1/feature-flags", "staging", ".publish.drafts"])(
    "never writes, reads or removes through a symbolic link at %s",
    async (folder) => {
      const [directory, outside] = [temporaryDirectory(), temporaryDirectory()];
      const paths = [flag, `/staging${flag}`];
      const there = new DirectoryTarget(outside);
      for (const urlPath of paths) await there.write(object(urlPath, "theirs"), undefined);
      const target = new DirectoryTarget(directory);
      mkdirSync(path.dirname(path.join(directory, folder)), { recursive: true });
      symlinkSync(path.join(outside, folder), path.join(directory, folder));
      mkdirSync(path.join(outside, ".publish.drafts"), { recursive: true });
      const before = contents(outside);
      let refusals = 0;
      for (const urlPath of paths) {
        const isBelow = fileOf(urlPath).startsWith(folder) || folder.startsWith(".");
        const wanted = isBelow ? /^Cannot write .*: ".*" is a symbolic link; remove it/ : /^$/;
        const writing = target.write(object(urlPath, "ours"), undefined);
        expect(await writing.then(() => "", String)).toMatch(
          isBelow ? new RegExp(`Error: ${wanted.source.slice(1)}`) : wanted,
        );
        if (!isBelow) continue;
        refusals += 1;
        expect(await target.read(urlPath)).toBeUndefined();
        const removing = target.remove(urlPath, hash("md5", "theirs"));
        if (!folder.startsWith(".")) await expect(removing).rejects.toThrow("is a symbolic link");
      }
      expect(refusals).toBeGreaterThan(0);
      expect(contents(outside)).toEqual(before);
    },
  );

  test("leaves no partial file if the disk becomes full, at any moment", async () => {
    for (let moment = 1, isDone = false; !isDone; moment++) {
      const directory = temporaryDirectory();
      const target = new DirectoryTarget(directory);
      await target.exclusively(async () => {
        let writing: Promise<unknown> = Promise.resolve();
        failsAt(moment, () => {
          writing = target.write(object(flag, "whole"), undefined);
        });
        isDone = await writing.then(
          () => true,
          (error: Error) => !error.message.includes("ENOSPC"),
        );
      });
      expect(Object.values(contents(directory))).toEqual(isDone ? ["whole"] : []);
    }
  });

  test("exclusively() runs one publisher at a time", async () => {
    const directory = temporaryDirectory();
    const overlap = new Overlap();
    const turns = Array.from({ length: 5 }, () =>
      new DirectoryTarget(directory).exclusively(() => overlap.enter()),
    );
    await Promise.all(turns);
    expect(overlap.most).toBe(1);
  });

  test("ignores a file that has no URL", async () => {
    const directory = temporaryDirectory();
    const target = new DirectoryTarget(directory);
    await target.write(object(flag, "ours"), undefined);
    writeFileSync(path.join(directory, "v1/feature-flags/meal_planning"), "theirs");
    writeFileSync(path.join(directory, "v1/feature-flags/other.yaml"), "theirs");
    const ours = await target.read(flag);
    expect((await target.list()).get(flag)?.etag).toBe(ours?.etag);
    expect((await target.list()).has("/v1/feature-flags/other")).toBe(false);
  });

  test("names the reason", async () => {
    const directory = temporaryDirectory();
    const target = new DirectoryTarget(directory);
    await target.write(object(`${flag}.json/inside`, "{}"), undefined);
    const wanted = `Cannot write "${flag}" in "${directory}": `;
    const writing = target.exclusively(() => target.write(object(flag, "{}"), undefined));
    await expect(writing).rejects.toThrow(wanted);
    expect(files(directory)).toEqual(["v1/feature-flags/meal_planning.json/inside.json"]);
  });
});

describe("openTarget()", () => {
  test.each([
    ["s3://flags", S3Target],
    ["s3://flags/", S3Target],
    ["s3://flags/a/b", S3Target],
    ["dist/cdn", DirectoryTarget],
    ["/srv/s3:/flags", DirectoryTarget],
  ])("opens %s", async (name, kind) => {
    const target = await openTarget(name);
    expect(target).toBeInstanceOf(kind);
    expect(target.name).toBe(name);
    target.close();
  });

  test.each([
    "s3://",
    "s3:///flags",
    "https://flags.example.com",
    "file:///srv/flags",
    "S3://flags",
    "s3:/flags",
    "s3:",
    "",
  ])("refuses %j", async (name) => {
    const wanted = `Cannot publish to "${name}": wanted s3://bucket[/prefix] or a directory`;
    await expect(openTarget(name)).rejects.toThrow(wanted);
  });

  test("refuses the top of a repository of flags, and what is below its flags/", async () => {
    const top = temporaryDirectory();
    writeFileSync(path.join(top, "bunting.yaml"), "environments: [production]\n");
    for (const name of [top, path.join(top, "flags"), path.join(top, "flags/billing/cdn")]) {
      const why = `Cannot publish to "${name}": the flags themselves are there; wanted another directory, such as dist/cdn`;
      await expect(openTarget(name)).rejects.toThrow(why);
    }
    for (const name of ["dist/cdn", "dist/flags"]) (await openTarget(path.join(top, name))).close();
  });

  test("finds endpoint, region and credentials in the environment", async () => {
    const double = await startS3Double({ bucket });
    vi.stubEnv("AWS_ENDPOINT_URL_S3", double.endpoint);
    vi.stubEnv("AWS_REGION", double.region);
    vi.stubEnv("AWS_ACCESS_KEY_ID", double.credentials.accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", double.credentials.secretAccessKey);
    const target = await openTarget("s3://flags/site");
    expect(await target.write(object(flag, "{}"), undefined)).toBe(true);
    expect([...double.objects.keys()]).toEqual(["site/v1/feature-flags/meal_planning"]);
    target.close();
    await double.close();
  });
});

describe("createClient()", () => {
  const names = ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE", "AWS_PROFILE"];
  beforeEach(() => {
    for (const name of names) vi.stubEnv(name, undefined);
  });
  test.each([
    ["the environment's region", { AWS_REGION: "eu-west-1" }, "eu-west-1"],
    ["the region of the profile", { AWS_PROFILE: "shop" }, "ap-south-1"],
    ["us-east-1 if there is none", {}, "us-east-1"],
  ])("uses %s", async (_what, environment, region) => {
    const config = path.join(temporaryDirectory(), "config");
    writeFileSync(config, "[profile shop]\nregion = ap-south-1\n");
    for (const [name, value] of Object.entries({ AWS_CONFIG_FILE: config, ...environment })) {
      vi.stubEnv(name, value);
    }
    const client = createClient();
    expect(await client.config.region()).toBe(region);
    client.destroy();
  });
});

function contents(directory: string): Record<string, string> {
  const read = (file: string) => readFileSync(path.join(directory, file), "utf8");
  return Object.fromEntries(files(directory).map((file) => [file, read(file)]));
}

function files(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .sort();
}
