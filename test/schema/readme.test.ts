import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { severities } from "../../schema/problem/codes.ts";

const schema = new URL("../../schema/", import.meta.url);

test("docs/codes.md has an entry for each code, in order, with its severity, why and what to do", () => {
  const page = readFileSync(new URL("../docs/codes.md", schema), "utf8");
  const entries = [...page.matchAll(/^## (.+)\n\n_(Error|Warning)\._ (.+)\n/gm)];
  expect(page.match(/^## /gm)).toHaveLength(entries.length);
  const listed = entries.map(([, code, severity]) => [code, severity?.toLowerCase()]);
  expect(listed).toEqual(Object.entries(severities).sort());
  const short = entries.filter(([, , , text]) => (text?.match(/[.!](?= |$)/g)?.length ?? 0) < 2);
  expect(short.map(([, code]) => code)).toEqual([]);
});

test("README.md lists every module of schema/", () => {
  const readme = readFileSync(new URL("README.md", schema), "utf8");
  const modules = readdirSync(schema).filter((file) => file !== "README.md");
  const missing = modules.filter(
    (file) => ![`\`${file}\``, `\`${file}/\``].some((name) => readme.includes(name)),
  );
  expect(missing, "add it to the table at the top of schema/README.md").toEqual([]);
});
