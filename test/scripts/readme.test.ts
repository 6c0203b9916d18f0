import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { expect, test } from "vitest";
import { commandNames } from "../../scripts/commands.ts";
import { runScript, top } from "./setup/run.ts";

const readme = readFileSync(path.join(top, "scripts/README.md"), "utf8");
const commands = [...readme.matchAll(/^bunting ([a-z]+) (.*)$/gm)].map(
  ([, name = "", args = ""]) => ({
    name,
    args: args.split(" "),
  }),
);

test("README.md shows only options that the commands have", async () => {
  expect(new Set(commands.map(({ name }) => name))).toEqual(
    new Set(["approval", "comment", "deployment", "drift", "publish", "schedule", "stale"]),
  );
  const names = [...new Set(commands.map(({ name }) => name))];
  const helps = await Promise.all(names.map((name) => runScript(name, ["--help"], { in: top })));
  for (const { name, args } of commands) {
    const help = helps[names.indexOf(name)]?.stdout ?? "";
    const { tokens } = parseArgs({ args, strict: false, tokens: true, allowPositionals: true });
    for (const token of tokens) {
      if (token.kind === "option") expect(help).toContain(`  --${token.name} `);
    }
  }
});

test("README.md has a section for each, and names only files that exist", () => {
  for (const name of ["approval", "comment", "deployment", "drift", "publish", "schedule", "stale"])
    expect(readme).toMatch(new RegExp(`\n###? ${name}\n`));
  for (const [, link = ""] of readme.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
    expect(existsSync(path.join(top, "scripts", link)), link).toBe(true);
  }
});

test("README.md lists every command and every npm script", () => {
  const [, list = ""] = readme.split("## Commands");
  const [table = "", tools = ""] = list.split("Only in this repository:");
  expect(commandNames.filter((name) => !new RegExp(`\`${name}[ \`]`).test(table))).toEqual([]);
  const { scripts } = JSON.parse(readFileSync(path.join(top, "package.json"), "utf8"));
  const others = Object.keys(scripts).filter((name) => !commandNames.includes(name));
  const shown = others.filter((name) => !/^(?:check:|pre)/.test(name));
  expect(shown).toContain("test:s3");
  expect(shown.filter((name) => !new RegExp(`\`(?:npm )?${name}\``).test(tools))).toEqual([]);
});
