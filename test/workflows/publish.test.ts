import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { parseManifest } from "../../schema/compile/manifest.ts";
import { parseAnnotations } from "./runner/commands.ts";
import { conclusionsOf } from "./site/conclusions.ts";
import { flags } from "./site/origin.ts";
import { publishHead } from "./site/publish-head.ts";
import { type Site, startSite } from "./site/site.ts";

const file = "flags/nutrition/recipe_import.yaml";
const off = flags[file];
const on = off.replace("enabled: false", "enabled: true");
const list = "/v1/feature-flags/";
/** Timeout of a test that runs workflows on a busy machine. */
const timeoutMs = 400_000;

let site: Site;
let first: string;
beforeAll(async () => {
  site = await startSite();
  first = site.head;
  await publishHead(site);
});

describe.sequential("publish.yml", () => {
  test("a merged pull request is published, live and attested, and gets a comment", {
    timeout: timeoutMs,
  }, async () => {
    const sha = site.branch("import-on", { [file]: on });
    const issue = site.github.openPull({ branch: "import-on", sha });
    const runs = await site.merge(issue);
    expect(conclusionsOf(runs)).toEqual({ Publish: "success" });
    expect(runs[0]?.concurrency).toEqual({ group: "publish", cancels: false });
    expect(await site.served(list)).toMatchObject({
      flags: { food_search: true, meal_planning: true, recipe_import: true },
    });
    expect(lastDeployment()).toMatchObject({ sha: site.head, environment: "production" });
    expect(lastDeployment()?.statuses.at(-1)).toMatchObject({
      state: "success",
      description: expect.stringMatching(/live after \d/i),
      environment_url: site.cdn.url,
    });
    expect(runs[0]?.jobs.publish?.summary).toContain(`Published ${site.head.slice(0, 7)}`);
    const comments = site.github.comments(issue.number);
    expect(comments).toHaveLength(1);
    expect(comments[0]).toMatch(/live after \d/i);
    expect(comments[0]).toContain("`recipe_import`");
    expect(site.attested).toEqual([
      { file: "dist/release/manifest.json", sha256: sha256(stored("manifest.json")) },
    ]);
  });

  test("a mistake on main is annotated on its line, and nothing is published", {
    timeout: timeoutMs,
  }, async () => {
    const before = {
      bytes: stored("manifest.json"),
      deployments: site.github.state.deployments.size,
    };
    const [run] = await site.push({ [file]: off.replace("false", "maybe") });
    expect(run?.conclusion).toBe("failure");
    expect(parseAnnotations(run?.jobs.publish?.log ?? "")).toContainEqual(
      expect.objectContaining({ severity: "error", file, line: "2", title: "wrong-type" }),
    );
    expect(run?.jobs.provenance?.result).toBe("skipped");
    expect(stored("manifest.json")).toBe(before.bytes);
    expect(site.github.state.deployments.size).toBe(before.deployments);
    // No job assumed the role.
    expect(run?.jobs.publish?.steps.filter(({ name }) => name.startsWith("aws-actions"))).toEqual([
      expect.objectContaining({ outcome: "skipped" }),
    ]);
  });

  test("changes that exceed a limit wait, and the deployment fails", {
    timeout: timeoutMs,
  }, async () => {
    const gone = { "flags/platform/food_search.yaml": null, [file]: null };
    const [run] = await site.push(gone);
    expect(run?.conclusion).toBe("failure");
    expect(run?.jobs.publish?.log).toContain("2 of 3 flags");
    expect(lastDeployment()?.statuses.at(-1)?.state).toBe("failure");
    const served = { flags: { food_search: true, recipe_import: true } };
    expect(await site.served(list)).toMatchObject(served);
  });

  test("a reason to allow it is an input of a run by hand", { timeout: timeoutMs }, async () => {
    const run = await site.ask("Publish", { allow: "the experiments are over" });
    expect(conclusionsOf([run])).toEqual({ Publish: "success" });
    expect(parseManifest(stored("manifest.json"))).toMatchObject({ commit: site.head });
    expect(await site.served(list)).toMatchObject({ flags: { meal_planning: true } });
    expect(await site.served(list)).not.toHaveProperty("flags.food_search");
  });

  test("publishes to another S3 with keys, without a role", { timeout: timeoutMs }, async () => {
    const { AWS_ROLE_ARN = "", ...others } = site.vars.production ?? {};
    site.vars.production = { ...others, AWS_ENDPOINT_URL_S3: site.s3.endpoint };
    Object.assign(site.secrets, {
      PUBLISH_ACCESS_KEY_ID: site.s3.credentials.accessKeyId,
      PUBLISH_SECRET_ACCESS_KEY: site.s3.credentials.secretAccessKey,
    });
    const [run] = await site.push({ [file]: on });
    for (const name of Object.keys(site.secrets)) delete site.secrets[name];
    site.vars.production = { ...others, AWS_ROLE_ARN };
    expect(conclusionsOf(run ? [run] : [])).toEqual({ Publish: "success" });
    expect(await site.served(list)).toMatchObject({ flags: { recipe_import: true } });
  });

  test("one run comments on the pull requests of all runs that it replaced", {
    timeout: timeoutMs,
  }, async () => {
    const food = "flags/platform/food_search.yaml";
    const texts = {
      [file]: on.replace("Import", "Read"),
      [food]: flags[food].replace("S", "Re-s"),
    };
    const merged = Object.entries(texts).map(([name, text], index) => {
      const sha = site.branch(`replaced-${index}`, { [name]: text });
      return site.github.openPull({ branch: `replaced-${index}`, sha });
    });
    // The run of the second merge replaced the waiting run of the first.
    const [replaced, last] = merged;
    if (!replaced || !last) throw new Error("Cannot go on without pull requests");
    site.github.merge(replaced.number);
    expect(conclusionsOf(await site.merge(last))).toEqual({ Publish: "success" });
    for (const { number } of merged) {
      expect(site.github.comments(number).join(), `#${number}`).toMatch(/live after \d/i);
    }
  });

  test("waiting changes do not fail later runs; a label on the pull request publishes them", {
    timeout: timeoutMs,
  }, async () => {
    const food = "flags/platform/food_search.yaml";
    const [waits] = await site.push({ [food]: null });
    expect(waits?.conclusion).toBe("failure");
    const [ending] = lastDeployment()?.statuses.slice(-1) ?? [];
    expect(ending?.description).toMatch(/^live after .*, 1 change waits$/);
    expect(conclusionsOf(await site.push({ [file]: off }))).toEqual({ Publish: "success" });
    expect(await site.served(list)).toMatchObject({ flags: { food_search: true } });

    const sha = site.branch("labelled", { [file]: null });
    const labelled = site.github.openPull({ branch: "labelled", sha });
    const label = { id: 7, name: "bunting:allow", color: "0e8a16", description: "" };
    site.github.state.labels.set(label.name, label);
    labelled.labels = [label.name];
    expect(conclusionsOf(await site.merge(labelled))).toEqual({ Publish: "success" });
    expect(await site.served(list)).toMatchObject({ flags: { meal_planning: true } });
    expect(await site.served(list)).not.toHaveProperty("flags.food_search");
    expect(parseManifest(stored("manifest.json"))?.allowed).toBe(
      `#${labelled.number} has the label bunting:allow`,
    );
  });

  test("an error names a variable that is not set", { timeout: timeoutMs }, async () => {
    const { PUBLISH_TARGET, ...others } = site.vars.production ?? {};
    site.vars.production = others;
    const [run] = await site.push({
      [file]: on,
      "flags/platform/food_search.yaml": flags["flags/platform/food_search.yaml"],
    });
    site.vars.production = { ...others, PUBLISH_TARGET: PUBLISH_TARGET ?? "" };
    expect(run?.conclusion).toBe("failure");
    expect(parseAnnotations(run?.jobs.publish?.log ?? "")[0]?.message).toContain("PUBLISH_TARGET");
  });
});

describe.sequential("rollback.yml", () => {
  test("refuses a commit that was never on main", { timeout: timeoutMs }, async () => {
    const stray = site.branch("stray", { [file]: on.replace("Import", "Get") });
    for (const commit of [stray, "--help"]) {
      const run = await site.ask("Rollback", { commit, reason: "a test" });
      expect(run.conclusion).toBe("failure");
      const [{ message } = { message: "" }] = parseAnnotations(run.jobs.rollback?.log ?? "");
      expect(message).toContain("the branch main has no such commit");
    }
  });

  test("publishes the commit before a merge, with its reason", { timeout: timeoutMs }, async () => {
    const commit = `${firstMerge()}^`;
    const run = await site.ask("Rollback", { commit, reason: "$(touch x) imports\nfail" });
    expect(conclusionsOf([run])).toEqual({ Rollback: "success" });
    // A push would replace it in publish.yml's concurrency group.
    expect(run.concurrency).toEqual({ group: "rollback", cancels: false });
    expect(await site.served(list)).toMatchObject({ flags: { recipe_import: false } });
    expect(parseManifest(stored("manifest.json"))).toMatchObject({
      commit: first,
      rollback: { reason: "$(touch x) imports fail" },
    });
    expect(lastDeployment()).toMatchObject({ sha: first });
    expect(lastDeployment()?.statuses.at(-1)?.state).toBe("success");
  });
});

function firstMerge(): string {
  const commits = site.origin.bare.git("rev-list", "--first-parent", `${first}..main`);
  return commits.split("\n").at(-1) ?? "";
}

function lastDeployment() {
  return [...site.github.state.deployments.values()].at(-1);
}

function stored(name: string): string {
  return site.s3.objects.get(`live/${name}`)?.body.toString("utf8") ?? "";
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
