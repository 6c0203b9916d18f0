/** The documents: every link has a target, and each key of a flag is described. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "..");
const documents = listFiles("*.md", ":!test/fixtures", ":!.changeset");
const modules = listFiles("*.ts").map((file) => `/${file}`);

test.each(documents)("%s: each link leads to a file, and to a heading in it", (document) => {
  const text = withoutCode(readFileSync(path.join(root, document), "utf8"));
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  const broken = links.filter((link) => {
    if (/^(?:https?|mailto):/.test(link)) return false;
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? document : path.join(path.dirname(document), file);
    if (!existsSync(path.join(root, target))) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
  expect(broken).toEqual([]);
});

test("README.md leads to every document", () => {
  const reached = new Set(["README.md"]);
  for (const document of reached) {
    if (!documents.includes(document)) continue;
    const text = readFileSync(path.join(root, document), "utf8");
    for (const [, link = ""] of text.matchAll(/\]\(([^)\s#]+)/g))
      reached.add(path.join(path.dirname(document), link));
  }
  const template = ".github/pull_request_template.md";
  expect(documents.filter((document) => !reached.has(document))).toEqual([template]);
});

test.each(documents)("%s names only modules that exist", (document) => {
  const text = readFileSync(path.join(root, document), "utf8");
  const named = [...text.matchAll(/`([\w./-]+\.ts)`/g)].map(([, name = ""]) => `/${name}`);
  const missing = named.filter(
    (name) => !/NAME/.test(name) && !modules.some((it) => it.endsWith(name)),
  );
  expect(missing).toEqual([]);
});

test("schema/README.md describes each key of a flag", () => {
  const schema = readFileSync(path.join(root, "schema/flag/flag.schema.json"), "utf8");
  const keys = Object.keys(JSON.parse(schema).properties);
  const readme = readFileSync(path.join(root, "schema/README.md"), "utf8");
  expect(keys).toContain("rollout");
  expect(keys.filter((key) => !readme.includes(`\n| \`${key}\` |`))).toEqual([]);
});

test.each(documents)("%s names only settings that the server has", (document) => {
  const help = readFileSync(path.join(root, "server/help.ts"), "utf8");
  const text = readFileSync(path.join(root, document), "utf8");
  // The programs of clients keep their token in a variable of their own choice.
  const named = (text.match(/\b(?:FLAGS|OIDC)_[A-Z_]+\b/g) ?? []).filter(
    (it) => it !== "FLAGS_TOKEN",
  );
  expect(named.filter((name) => !help.includes(name))).toEqual([]);
});

test("server/README.md lists each path of the API", () => {
  const api = readFileSync(path.join(root, "schema/openapi.yaml"), "utf8");
  const readme = readFileSync(path.join(root, "server/README.md"), "utf8");
  const [, requests = ""] = /^## Requests$([\s\S]*?)^## /m.exec(readme) ?? [];
  const paths = [...api.matchAll(/^ {2}(\/\S+):$/gm)]
    .map(([, each = ""]) => each.replace("{flag_name}", "{name}"))
    .filter((each) => !each.startsWith("/{environment}/"));
  expect(paths).toContain("/v1/feature-flags/");
  expect(paths.filter((each) => !requests.includes(`${each}\``))).toEqual([]);
});

/** The files in git that exist in the work tree. */
function listFiles(...pathspecs: string[]): string[] {
  return execFileSync("git", ["ls-files", "-z", ...pathspecs], { cwd: root })
    .toString()
    .split("\0")
    .filter((file) => file !== "" && existsSync(path.join(root, file)));
}

/** The anchors that GitHub gives to the headings of a file. */
function anchorsOf(file: string): string[] {
  const text = withoutCode(readFileSync(path.join(root, file), "utf8"));
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function withoutCode(text: string): string {
  return text.replace(/^(`{3,})[^\n]*\n[\s\S]*?^\1$/gm, "");
}
