/** Compile errors with the module that `bunting types` writes. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory, testRepository } from "../../git/repository.ts";
import { runScript, top } from "../setup/run.ts";

const flag = (variants: string) =>
  `description: An experiment\ntype: experiment\nenabled: true\n${variants}owner: growth\nexpires: 2027-02-28\n`;
const files = {
  "flags/growth/button_colour.yaml": flag('variants:\n  green: "#00aa77"\n  orange: "#dd5500"\n'),
  "flags/growth/page_size.yaml": flag("variants:\n  small: 10\n  large: 50\n"),
  "flags/growth/layout.yaml": flag(
    "variants:\n  narrow: { columns: 1, title: Narrow }\n  wide: { columns: 2, sides: [1] }\n",
  ),
  "flags/growth/meal_planning.yaml": "description: Plan meals\nenabled: true\nowner: growth\n",
};

/** Each line after an "expect-error" is an error, and no other line is one. */
const application = `import { useBooleanFlagValue } from "@openfeature/react-sdk";
import { OpenFeature as Server } from "@openfeature/server-sdk";
import { OpenFeature } from "@openfeature/web-sdk";
import { useFlag, useVariant } from "bunting/client/react";
import { createFlags } from "bunting/client/rules";

const flags = createFlags({ url: "/v1/feature-flags/" });
flags.isEnabled("meal_planning");
// @ts-expect-error This flag does not exist.
flags.isEnabled("meal_planing");

export const isOrange: boolean = flags.variant("button_colour", "green") === "orange";
export const isKnown: boolean = flags.variant("button_colour", undefined) !== undefined;
// @ts-expect-error This flag does not exist.
flags.variant("button_color", "green");
// @ts-expect-error The fallback is no variant of this flag.
flags.variant("button_colour", "gren");
// @ts-expect-error This is no variant of this flag.
export const isRed: boolean = flags.variant("button_colour", "green") === "red";
// @ts-expect-error This is a variant of another flag.
flags.variant("button_colour", "small");
export const isOn: boolean = flags.variant("meal_planning", "off") === "on";

export const colour: string = flags.evaluate("button_colour", "#00aa77").value;
export const size: number = flags.evaluate("page_size", 20).value;
export const layout: object = flags.evaluate("layout", { columns: 3, title: "Three" }).value;
// @ts-expect-error The values are text.
flags.evaluate("button_colour", 7);
// @ts-expect-error The values are numbers.
flags.evaluate("page_size", "20");
// @ts-expect-error No value has only this key.
flags.evaluate("layout", { rows: 3 });

export function Part() {
  const variant = useVariant("button_colour", "green");
  // @ts-expect-error This is no variant of this flag.
  const isBlue = variant === "blue";
  // @ts-expect-error The fallback is no variant of this flag.
  useVariant("button_colour", "blue");
  // @ts-expect-error This flag does not exist.
  useVariant("button", "green");
  // @ts-expect-error This flag does not exist.
  useFlag("meal_plan");
  return useFlag("meal_planning") && variant === "orange" && isBlue;
}

export async function evaluate() {
  const client = OpenFeature.getClient();
  client.getBooleanValue("meal_planning", false);
  client.getStringValue("button_colour", "");
  client.getNumberValue("page_size", 0);
  client.getObjectValue("layout", {});
  // @ts-expect-error This flag does not exist.
  client.getBooleanValue("meal_plan", false);
  // @ts-expect-error This flag has text.
  client.getBooleanValue("button_colour", false);
  // @ts-expect-error This flag is a boolean.
  client.getStringValue("meal_planning", "");
  useBooleanFlagValue("meal_planning", false);
  // @ts-expect-error This flag does not exist.
  useBooleanFlagValue("meal_plan", false);

  const server = Server.getClient();
  await server.getNumberValue("page_size", 0);
  // @ts-expect-error This flag has numbers.
  await server.getObjectValue("page_size", {});
}
`;

/** Uses only the client, in an application that has no OpenFeature. */
const withoutOpenFeature = `import { createFlags } from "bunting/client";
createFlags({ url: "/v1/feature-flags/" }).isEnabled("meal_planning");
// @ts-expect-error This flag does not exist.
createFlags({ url: "/v1/feature-flags/" }).isEnabled("meal_planing");
`;

test("wrong names, variants and types do not compile: client, hooks and OpenFeature", async () => {
  const directory = await applicationWith({ "main.ts": application });
  symlinkSync(path.join(top, "node_modules"), path.join(directory, "node_modules"));
  expect(compile(directory)).toEqual({ status: 0, stdout: "" });
  // Without the module, each of these lines compiles.
  writeFileSync(path.join(directory, "flag-types.ts"), "");
  const unused = compile(directory).stdout.match(/Unused '@ts-expect-error' directive/g);
  expect(unused).toHaveLength(application.split("@ts-expect-error").length - 1);
});

test("the module compiles in an application without OpenFeature", async () => {
  const directory = await applicationWith({ "main.ts": withoutOpenFeature });
  expect(compile(directory)).toEqual({ status: 0, stdout: "" });
});

test("the module has the variants in the order of the file, and the types of their values", async () => {
  const directory = await applicationWith({});
  const text = readFileSync(path.join(directory, "flag-types.ts"), "utf8");
  expect(text).toContain(`    "button_colour": { variant: "green" | "orange"; value: string };
    "layout": { variant: "narrow" | "wide"; value: { "columns": number; "title": string } | { "columns": number; "sides": (number)[] } };
    "meal_planning": { variant: "off" | "on"; value: boolean };
    "page_size": { variant: "small" | "large"; value: number };
`);
});

async function applicationWith(sources: Readonly<Record<string, string>>): Promise<string> {
  const repository = testRepository();
  repository.change(1_725_105_600, files);
  const directory = temporaryDirectory();
  const out = path.join(directory, "flag-types.ts");
  const ran = await runScript("types", ["--out", out], { in: repository.directory });
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  const compilerOptions = {
    ...{ target: "es2022", lib: ["es2022", "dom"], module: "esnext", strict: true, noEmit: true },
    ...{ moduleResolution: "bundler", skipLibCheck: true, types: [] },
    allowImportingTsExtensions: true,
    paths: {
      "bunting/client": [path.join(top, "client/flags.ts")],
      "bunting/client/*": [path.join(top, "client/*.ts")],
    },
  };
  mkdirSync(directory, { recursive: true });
  for (const [file, text] of Object.entries(sources)) {
    writeFileSync(path.join(directory, file), text);
  }
  const configuration = { compilerOptions, include: ["*.ts"] };
  writeFileSync(path.join(directory, "tsconfig.json"), JSON.stringify(configuration));
  return directory;
}

function compile(directory: string) {
  const compiler = path.join(top, "node_modules/.bin/tsc");
  const args = ["--pretty", "false", "-p", directory];
  const { status, stdout } = spawnSync(compiler, args, { encoding: "utf8" });
  return { status, stdout };
}
