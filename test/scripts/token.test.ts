import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { roles, type TokenEntry } from "../../schema/access/tokens.ts";
import { parseTokens } from "../../schema/access/tokens-file.ts";
import { temporaryDirectory } from "../git/repository.ts";
import { startService } from "../server/setup/api.ts";
import { TestTokens } from "../server/setup/tokens.ts";
import { runScript } from "./setup/run.ts";

const here = temporaryDirectory();
const environments = ["application", "staging", "development", "qa"];
writeFileSync(path.join(here, "bunting.yaml"), `environments: [${environments.join(", ")}]\n`);

function make(...args: string[]) {
  return runScript("token", args, { in: here });
}

async function made(...args: string[]): Promise<{ token: string; entry: TokenEntry }> {
  const { code, stdout, stderr } = await make(...args, "--format", "json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

describe.concurrent("token", () => {
  test("shows a token, and the line for it in the tokens file, which has only its hash", async () => {
    const { code, stdout, stderr } = await make(
      "--name",
      "Nutrition release bot",
      "--role",
      "editor",
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [token = "", blank, title, line = "", end] = stdout.split("\n");
    expect(token).toMatch(/^bnt_[\w-]{32}$/);
    expect([blank, title, end]).toEqual(["", "For the tokens file:", ""]);
    expect(line).not.toContain(token);
    const entry = {
      id: "nutrition-release-bot",
      name: "Nutrition release bot",
      email: "nutrition-release-bot@bunting.example",
      role: "editor",
      sha256: createHash("sha256").update(token).digest("hex"),
    };
    expect(JSON.parse(line)).toEqual(entry);
    expect(parseTokens(`[${line}]`, "tokens.json")).toEqual([entry]);
  });

  test("writes its limits and its expiry", async () => {
    const { entry } = await made(
      ...["--name", "CI", "--role", "admin", "--email", "ci@example.com"],
      ...["--flags", "billing_*, growth_*", "--environments", "staging,development"],
      ...["--expires", "2030-01-31"],
    );
    expect(entry).toMatchObject({
      id: "ci",
      email: "ci@example.com",
      flags: ["billing_*", "growth_*"],
      environments: ["staging", "development"],
      expires: "2030-01-31",
    });
  });

  test("--add writes the entry into a file that only its owner may read, and keeps the other entries", async () => {
    const file = path.join(temporaryDirectory(), "tokens.json");
    const add = (name: string, ...more: string[]) =>
      make("--name", name, "--role", "reader", "--add", file, ...more);
    const first = await add("Ada", "--github", "ada-l");
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/^bnt_[\w-]{32}\n$/);
    expect(first.stderr).toMatch(/^Added "ada" to .*tokens\.json\.\n$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, "utf8");
    await add("Bob");
    expect(readFileSync(file, "utf8").startsWith(text.slice(0, -3))).toBe(true);
    const entries = parseTokens(readFileSync(file, "utf8"), file);
    expect(entries.map(({ id, github }) => [id, github])).toEqual([
      ["ada", "ada-l"],
      ["bob", undefined],
    ]);

    const before = readFileSync(file, "utf8");
    const second = await add("Ada");
    expect({ code: second.code, stdout: second.stdout }).toEqual({ code: 2, stdout: "" });
    expect(second.stderr).toContain(
      'another entry has the same "id"\n  hint: the owner of several',
    );
    expect((await add("Ada", "--id", "ada-2", "--github", "a b")).stderr).toContain('"github"');
    expect(readFileSync(file, "utf8")).toBe(before);
    expect((await add("Ada", "--id", "ada-2")).code).toBe(0);
    writeFileSync(file, "[{},]");
    expect((await add("Eve")).stderr).toContain("it is not valid JSON at 1:");
    expect(readFileSync(file, "utf8")).toBe("[{},]");
    expect(readdirSync(path.dirname(file))).toEqual(["tokens.json"]);
  });

  test("is different each time", async () => {
    const both = await Promise.all([1, 2].map(() => made("--name", "a", "--role", "reader")));
    expect(new Set(both.map(({ token }) => token)).size).toBe(2);
  });

  test.each([
    ["Ünï ☂", "n"],
    ["...", "token"],
    ["x <y@z>\nActor: Eve", "x-y-z-actor-eve"],
    ["☂☂☂", "token"],
  ])("makes an id and an author of the name %j", async (name, id) => {
    const { entry } = await made("--name", name, "--role", "reader");
    expect(entry.id).toBe(id);
    expect(entry.name).not.toMatch(/[<>\n]/);
    expect(entry.email).toBe(`${id}@bunting.example`);
    expect(parseTokens(JSON.stringify([entry]), "tokens.json")).toEqual([entry]);
  });

  test.each([
    [[], "--name and --role are needed"],
    [["--name", "a"], "--name and --role are needed"],
    [["--role", "reader"], "--name and --role are needed"],
    [["--name", "", "--role", "reader"], "--name and --role are needed"],
    [["--name", "a", "--role", "root"], "argument 'root' is invalid"],
    [["--name", "a", "--role", "reader", "--expires", "2027-02-30"], '--expires "2027-02-30"'],
    [["--name", "a", "--role", "reader", "--expires", "soon"], '--expires "soon"'],
    [["--name", "a", "--role", "reader", "--environments", "qa,stagging"], '"stagging"'],
    [
      ["--name", "Ada a@b.example", "--role", "reader"],
      "--name: it must not contain an e-mail address",
    ],
    [["--name", "+1 202 555 0143", "--role", "reader"], "--name: it must not contain a phone"],
    [["--name", "a", "--id", "a@b.example", "--role", "reader"], "--id: it must not contain"],
    [["--name", "a", "--id", "a b", "--role", "reader"], "--id: it must be text of 1 to 100"],
    [["--name", "a", "--role", "reader", "--more"], "--more"],
    [["--name", "a", "--role", "reader", "extra"], "extra"],
  ])("%j is refused with exit 2, and no token", async (args, words) => {
    const { code, stdout, stderr } = await make(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(words);
  });

  test("of each role is accepted by the server once it is in the file", async () => {
    const tokens = new TestTokens();
    const all = await Promise.all(
      roles.map((role) => made("--name", `A ${role}`, "--role", role, "--flags", "meal_*")),
    );
    tokens.write(JSON.stringify(all.map(({ entry }) => entry)));
    const api = await startService({ tokens });
    const put = "PUT /v1/feature-flags/meal_planning";
    const statuses = all.map(async ({ token }) => {
      const asking = { as: null, headers: { Authorization: `Bearer ${token}` } };
      const { status: list } = await api.ask("GET /v1/feature-flags/", asking);
      const { status: change } = await api.ask(put, { ...asking, body: { enabled: true } });
      const { status: gone } = await api.ask("DELETE /v1/feature-flags/meal_none", asking);
      const other = { ...asking, body: { enabled: true } };
      const { status: narrow } = await api.ask("PUT /v1/feature-flags/activity_tracking", other);
      return [list, change, gone, narrow];
    });
    expect(await Promise.all(statuses)).toEqual([
      [200, 403, 403, 403],
      [200, 200, 403, 403],
      [200, 200, 404, 403],
    ]);
  });
});
