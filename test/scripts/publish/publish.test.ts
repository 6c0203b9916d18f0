import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { describeWithNginx } from "../../cdn/edge.ts";
import { startNginx } from "../../cdn/nginx.ts";
import { temporaryDirectory } from "../../git/repository.ts";
import { type S3Double, startS3Double } from "../../s3/double.ts";
import { freePort } from "../../s3/port.ts";
import { findProgram } from "../../s3/program.ts";
import { DirectorySite, findWrong, History, S3Site } from "../../store/publish/publishing.ts";
import { bareEnvironment, type CommandResult, runScript } from "../setup/run.ts";

const options = [
  "--to TARGET",
  "--at COMMIT",
  "--repo PATH",
  "--dry-run",
  "--rollback REASON",
  "--allow REASON",
  "--allow-label LABEL",
  "--max-removed PERCENT",
  "--max-flipped PERCENT",
  "--cache-control HEADER",
  "--skip-listing",
  "--verify",
  "--invalidate DISTRIBUTION",
  "--wait-for URL",
  "--timeout SECONDS",
  "--format FORMAT",
];

const history = new History();
const old = history.commit({ meal_planning: true, food_search: false, data_export: false });
const next = history.commit({ food_search: true });
history.made.git("tag", "old", old);
history.made.git("tag", "next", next);
const list = "/v1/feature-flags/";
const manifest = "/manifest.json";

let double: S3Double;
beforeAll(async () => {
  double = await startS3Double({ bucket: "flags", publicRead: true });
});
afterAll(() => double?.close());

/** `npm run publish -- --to SITE ARGS`, in the clone. */
function publish(
  to: { readonly name: string },
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const all = ["--to", to.name, ...args];
  const s3 = {
    AWS_ENDPOINT_URL_S3: double.endpoint,
    AWS_REGION: double.region,
    AWS_ACCESS_KEY_ID: double.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: double.credentials.secretAccessKey,
  };
  return runScript("publish", all, { in: history.made.directory, env: { ...s3, ...env } });
}

describe.concurrent("publish", () => {
  test("--help names every option and exits with 0", async () => {
    const { code, stdout, stderr } = await runScript("publish", ["--help"], {
      in: temporaryDirectory(),
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const named = stdout.replaceAll(/[<>]/g, "").matchAll(/^ {2}(--\S+(?: [A-Z]+)?) {2}/gm);
    expect([...named].map(([, option]) => option)).toEqual(options);
  });

  test.each([
    ["no target", [], "--to is missing", true],
    ["an empty target", ["--to", ""], 'Cannot publish to ""', false],
    [
      "a target of another kind",
      ["--to", "https://cdn.example.com"],
      "wanted s3://bucket[/prefix]",
      false,
    ],
    [
      "a share that is no number",
      ["--to", "x", "--max-removed", "many"],
      '--max-removed "many"',
      true,
    ],
    ["a time that is no number", ["--to", "x", "--timeout", "1m"], '--timeout "1m"', true],
    ["an empty reason", ["--to", "x", "--rollback", ""], "empty reason", true],
    ["a reason of spaces", ["--to", "x", "--allow", " \n\u200b "], "empty reason", true],
    [
      "a commit that is not there",
      ["--to", "x", "--at", "0000000"],
      'Cannot find "0000000"',
      false,
    ],
    [
      "a clone that is none",
      ["--to", "x", "--repo", "nowhere"],
      'Cannot read flags from "nowhere"',
      false,
    ],
  ])("exits with 2 on %s", async (_what, args, wanted, isUsage) => {
    const { code, stdout, stderr } = await runScript("publish", args, {
      in: history.made.directory,
    });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(wanted);
    expect(stderr.includes("hint: bunting publish --help\n")).toBe(isUsage);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(existsSync(path.join(history.made.directory, "x"))).toBe(false);
  });

  test("exits with 1 if a flag has an error, and publishes nothing", async () => {
    const broken = new History();
    broken.commit({ meal_planning: "enabled: maybe\n" });
    const to = path.join(temporaryDirectory(), "site");
    const ran = await runScript("publish", ["--to", to], { in: broken.made.directory });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("flags/nutrition/meal_planning.yaml:1:10");
    expect(existsSync(to)).toBe(false);
  });

  test.each([
    ["a directory", () => new DirectorySite()],
    ["S3", () => new S3Site(double)],
  ])("to %s prints what changes for consumers, then a summary line", async (_kind, newSite) => {
    const site = newSite();
    const first = await publish(site, ["--at", "old"]);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout.trimEnd().split("\n").at(-1)).toBe(
      `Published ${old.slice(0, 7)} to ${site.name}: 14 put, 0 removed, 0 unchanged`,
    );
    const second = await publish(site);
    expect(second).toMatchObject({ code: 0, stderr: "" });
    expect(second.stdout.trimEnd().split("\n")).toEqual([
      "application: turned on: food_search",
      "staging: turned on: food_search",
      "development: turned on: food_search",
      `Published ${next.slice(0, 7)} to ${site.name} (was ${old.slice(0, 7)}): 6 put, 0 removed, 8 unchanged`,
    ]);
    expect(await findWrong(site, history, next)).toEqual([]);
  });

  test("reports in one line that there is nothing to do", async () => {
    const site = new S3Site(double);
    await history.publish(site.open(), next);
    const ran = await publish(site);
    expect(ran).toEqual({
      code: 0,
      stderr: "",
      stdout: `Nothing to publish: ${site.name} serves ${next.slice(0, 7)} already, 14 objects unchanged\n`,
    });
  });

  test("--dry-run prints the plan, also as JSON, and changes nothing", async () => {
    const site = new DirectorySite();
    await history.publish(site.open(), old);
    const bodies = site.bodies();
    const text = await publish(site, ["--dry-run"]);
    expect(text.stdout).toContain("application: to be turned on: food_search\n");
    expect(text.stdout).toContain(`Would publish ${next.slice(0, 7)}`);
    const ran = await publish(site, ["--dry-run", "--format", "json"]);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(ran.stdout)).toMatchObject({
      to: site.name,
      status: "planned",
      commit: next,
      before: old,
      refusals: [],
      publication: {
        remove: [],
        keep: 8,
        diffs: [{ environment: "application", on: ["food_search"] }, {}, {}],
      },
    });
    expect(JSON.parse(ran.stdout).publication.put).toContain(`${list}food_search`);
    expect(site.bodies()).toEqual(bodies);
  });

  test("exits with 1 if it refuses, with the reason and the option that permits it", async () => {
    const site = new DirectorySite();
    await history.publish(site.open(), next);
    const bodies = site.bodies();
    const ran = await publish(site, ["--at", "old"]);
    expect(ran).toMatchObject({ code: 1, stderr: "" });
    expect(ran.stdout).toContain(`Cannot publish ${old.slice(0, 7)} to ${site.name}:\n  it serves`);
    expect(ran.stdout).toContain("--rollback REASON");
    expect(site.bodies()).toEqual(bodies);
    const rolledBack = await publish(site, [
      "--at",
      "old",
      "--rollback",
      "search\nis  down\u001b[2J",
    ]);
    expect(rolledBack.code).toBe(0);
    const { rollback } = JSON.parse(site.bodies().get(manifest) ?? "");
    expect(rollback).toEqual({ from: next, reason: "search is down [2J" });
  });

  /** Eight flags that are off, and then six of them on. */
  function switched() {
    const many = new History();
    const names = Array.from({ length: 8 }, (_, at) => `improvement_${at}`);
    const off = many.commit(Object.fromEntries(names.map((name) => [name, false])));
    many.commit(Object.fromEntries(names.slice(0, 6).map((name) => [name, true])));
    const run = (site: { readonly name: string }, ...args: string[]) =>
      publish(site, ["--repo", many.made.directory, ...args]);
    return { many, off, run };
  }

  test("exits with 1 while changes wait, reports them, and publishes them with --allow", async () => {
    const site = new DirectorySite();
    const { many, off, run } = switched();
    await many.publish(site.open(), off);
    const held = await run(site, "--format=json");
    expect(held.code).toBe(1);
    expect(JSON.parse(held.stdout)).toMatchObject({
      status: "published",
      reasons: ["it turns on 6 of 8 flags (75 %), and 50 % or 5 flags is the limit"],
    });
    expect(JSON.parse(held.stdout).waiting).toHaveLength(6);
    const again = await run(site);
    expect(again.code).toBe(1);
    expect(again.stdout).toContain("\n  6 changes wait (improvement_0, improvement_1, ");
    expect(again.stdout).toContain("is the limit; to publish them: --allow REASON\n");
    const allowed = await run(site, "--allow", "the launch");
    expect(allowed.code).toBe(0);
    expect(JSON.parse(site.bodies().get(manifest) ?? "")).toMatchObject({ allowed: "the launch" });
  });

  test("uses its options", async () => {
    const site = new S3Site(double);
    const { many, off, run } = switched();
    await many.publish(site.open(), off);
    const some = ["--verify", "--skip-listing", "--cache-control", "public, max-age=5"];
    const ran = await run(site, "--max-flipped", "75", ...some);
    expect(ran.code).toBe(0);
    expect(site.headers().get(list)?.cacheControl).toBe("public, max-age=5");
  });

  test("reports that S3 does not answer, and exits with 2", async () => {
    const env = { AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${await freePort()}` };
    const ran = await publish({ name: "s3://flags" }, [], env);
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toMatch(/^Cannot read "\/.*" in "s3:\/\/flags": .*ECONNREFUSED.*\n$/);
  });

  test("names the variables of the credentials if there are none, and exits with 2", async () => {
    const env = {
      ...{ AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_EC2_METADATA_DISABLED: "true" },
      AWS_ENDPOINT_URL_S3: double.endpoint,
    };
    const ran = await publish({ name: "s3://flags" }, [], env);
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toMatch(
      /^Cannot read .* in "s3:\/\/flags": there are no AWS credentials\n {2}hint: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE/,
    );
  });

  test("writes Markdown for the workflow's summary, with the reason as text", async () => {
    const site = new DirectorySite();
    await history.publish(site.open(), next);
    const file = path.join(temporaryDirectory(), "summary.md");
    writeFileSync(file, "Before\n");
    const env = { GITHUB_STEP_SUMMARY: file };
    const hostile = "<img src=x> [a](http://b) **c** `d` @team | e\n# f";
    await publish(site, ["--at", "old", "--rollback", hostile], env);
    await publish(site, [], env);
    const summary = readFileSync(file, "utf8");
    const published = `### Published ${old.slice(0, 7)} to ${site.name.replaceAll("_", "&#95;")} (was ${next.slice(0, 7)}): `;
    expect(summary).toMatch(/^Before\n### /);
    expect(summary).toContain(published);
    expect(summary).toContain("- application: turned off: food_search\n");
    expect(summary).toContain("> it was rolled back from");
    expect(summary).not.toMatch(/[<`*|@[]/);
    expect(summary).not.toMatch(/^# f/m);
  });

  test("shows progress only on a terminal", async () => {
    const site = new DirectorySite();
    const ran = await publish(site);
    expect(ran.stderr).toBe("");
    if (findProgram("script") === undefined) return;
    const program = [process.execPath, inject("program"), "publish"];
    const other = new DirectorySite();
    const command = [...program, "--to", other.name]
      .map((word) => `'${word.replaceAll("'", "'\\''")}'`)
      .join(" ");
    const watched = spawnSync("script", ["-qec", command, "/dev/null"], {
      cwd: history.made.directory,
      env: { ...bareEnvironment, TERM: "xterm" },
      encoding: "utf8",
    });
    expect(watched.status).toBe(0);
    expect(watched.stdout).toMatch(/\rPublishing to .*: \d+ % of 14\r/);
    expect(watched.stdout).toContain("100 % of 14");
    expect(watched.stdout).toContain("14 put, 0 removed");
  });

  test("--invalidate sends the changed paths; a rerun repeats those that may have failed", async () => {
    const requests: string[] = [];
    let status = 403;
    const server = createServer(async (request, response) => {
      for await (const chunk of request) requests.push(String(chunk));
      response.writeHead(status, { "content-type": "text/xml" });
      response.end("<Invalidation><Id>I1</Id></Invalidation>");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const env = { AWS_ENDPOINT_URL_CLOUDFRONT: `http://127.0.0.1:${port}` };
    const site = new S3Site(double);
    await history.publish(site.open(), old);
    const sent = () =>
      [
        ...requests
          .splice(0)
          .join("")
          .matchAll(/<Path>(.*?)<\/Path>/g),
      ]
        .map(([, path]) => path)
        .sort();
    const refused = await publish(site, ["--invalidate", "E123"], env);
    expect(refused.code).toBe(2);
    expect(refused.stdout).toContain("Published ");
    expect(refused.stderr).toMatch(
      /^Cannot invalidate "E123": .*\nthe release is published; run this again to repeat/,
    );
    const environments = ["", "/staging", "/development"];
    const changed = environments.flatMap((environment) => [
      `${environment}${list}`,
      `${environment}${list}food_search`,
    ]);
    expect(sent()).toEqual(changed.sort());
    status = 201;
    const again = await publish(site, ["--invalidate", "E123"], env);
    expect(again).toMatchObject({ code: 0, stderr: "Invalidated 3 paths in E123\n" });
    expect(sent()).toEqual(environments.map((environment) => `${environment}${list}*`).sort());
    server.close();
  });
});

describeWithNginx("publish --wait-for", () => {
  test("reports when it is live, and exits with 1 if it is not in time", async () => {
    const site = new S3Site(double);
    await using nginx = await startNginx({
      origin: double.endpoint,
      bucket: `flags/${site.prefix.slice(0, -1)}`,
    });
    const get = async (urlPath: string) => (await fetch(nginx.url + urlPath)).text();
    const waiting = ["--wait-for", nginx.url];
    await publish(site, ["--at", "old", "--cache-control", "public, max-age=1"]);
    const before = await get(list);
    const live = await publish(site, [...waiting, "--cache-control", "public, max-age=600"]);
    expect(live.code).toBe(0);
    expect(live.stdout).toMatch(/\nlive after \d+\.\d s\n$/);
    expect(await get(list)).not.toBe(before);
    expect(await get(list)).toBe(site.bodies().get(list));

    const late = await publish(site, [
      "--at",
      "old",
      "--rollback",
      "no",
      ...waiting,
      "--timeout",
      "0.5",
      "--format=json",
    ]);
    expect(late.code).toBe(1);
    const result = JSON.parse(late.stdout);
    expect(result).toMatchObject({ status: "published", live: { url: nginx.url } });
    expect(result.live.pending).toHaveLength(6);
    expect(result.live.at).toBeUndefined();
    expect(late.stderr).toContain(`Not live after 0.5 s: 6 URLs of ${nginx.url} (`);
  });
});
