/** JSON Schemas for editors in a repository of flags: the program's schemas with the names of its project and audiences. */
import { fileStart } from "../problem/position.ts";
import { type Problem, problemsIn } from "../problem/problem.ts";
import projectSchema from "../project/bunting.schema.json" with { type: "json" };
import { type Project, projectFile } from "../project/project.ts";
import { compareText } from "../text/order.ts";
import audienceSchema from "./audience.schema.json" with { type: "json" };
import type { AudienceFile } from "./audience.ts";
import type { FileKind } from "./file-kind.ts";
import flagSchema from "./flag.schema.json" with { type: "json" };
import { flagNameOf } from "./name.ts";
import testsSchema from "./tests.schema.json" with { type: "json" };

/** Warnings about generated files that are not up to date. Missing files are no problem. */
export function findOutdatedSchemas(
  project: Project,
  entries: readonly (AudienceEntry & { readonly kind: FileKind })[],
  read: (file: string) => string | undefined,
): Problem[] {
  const audiences = entries.filter(({ kind }) => kind === "audience");
  return [...editorSchemas(project, audiences)].flatMap(([file, text]) => {
    const found = read(file);
    if (found === undefined || found === text) return [];
    const message = `Is out of date: ${projectFile}, an audience or the version of bunting has changed`;
    const hint = "run: bunting schema";
    return problemsIn(file, [{ ...fileStart, code: "outdated-schema", message, hint }], "");
  });
}

/** The file of an audience; the content is missing if it cannot be read. */
export interface AudienceEntry {
  readonly file: string;
  readonly content?: { readonly audience?: AudienceFile };
}

/** The texts of the generated files, by path from the top of the repository. `audiences` may be in any order. */
export function editorSchemas(
  project: Project,
  audiences: readonly AudienceEntry[],
): ReadonlyMap<string, string> {
  return new Map([
    ["schema/audience.schema.json", print(audienceSchemaFor(project))],
    ["schema/bunting.schema.json", print(projectSchemaFor(project))],
    ["schema/flag.schema.json", print(flagSchemaFor(project, audiences))],
    ["schema/tests.schema.json", print(testsSchemaFor(project))],
  ]);
}

function flagSchemaFor(project: Project, audiences: readonly AudienceEntry[]): object {
  // The keys at the top of the file are for the first environment.
  const [, ...others] = project.environments;
  const { properties } = flagSchema;
  const { additionalProperties: block, ...environments } = properties.environments;
  return {
    ...flagSchema,
    $defs: { ...flagSchema.$defs, rule: ruleSchemaFor(project, audiences) },
    properties: {
      ...properties,
      environments: {
        ...environments,
        additionalProperties: false,
        properties: Object.fromEntries(others.map((environment) => [environment, block])),
      },
    },
  };
}

/** A rule whose `if` completes the attributes of the project, and the audiences. */
function ruleSchemaFor(project: Project, audiences: readonly AudienceEntry[]): object {
  const { rule } = flagSchema.$defs;
  const { audience } = rule.properties.if.properties;
  const known = conditionSchemaFor(project, rule.properties.if, {
    audience: { ...audience, ...choicesOf(audiences) },
  });
  return { ...rule, properties: { ...rule.properties, if: known } };
}

/** The names of audiences, each with its description and owner, sorted. */
function choicesOf(audiences: readonly AudienceEntry[]): object {
  if (audiences.length === 0) return {};
  const choices = audiences.map(({ file, content }) => {
    const { description = "", owner } = content?.audience ?? {};
    const words = owner === undefined ? description : `${description} (${owner})`.trim();
    return { const: flagNameOf(file), ...(words !== "" && { description: words }) };
  });
  return { anyOf: choices.sort((a, b) => compareText(a.const, b.const)) };
}

function audienceSchemaFor(project: Project): object {
  const { properties } = audienceSchema;
  return {
    ...audienceSchema,
    properties: { ...properties, if: conditionSchemaFor(project, properties.if, {}) },
  };
}

function testsSchemaFor(project: Project): object {
  const { test } = testsSchema.$defs;
  const { environment, context } = test.properties;
  const targetingKey = { description: "The caller's id. Invent one.", type: "string" };
  const properties = {
    ...test.properties,
    environment: { ...environment, enum: project.environments },
    context: conditionSchemaFor(project, context, { targetingKey }),
  };
  return { ...testsSchema, $defs: { test: { ...test, properties } } };
}

/** A mapping that has the attributes of the project, and no others. */
function conditionSchemaFor(
  { attributes }: Project,
  { additionalProperties: matcher, ...condition }: { additionalProperties: object },
  others: object,
): object {
  const names = Object.keys(attributes);
  const properties = Object.fromEntries(names.map((attribute) => [attribute, matcher]));
  return { ...condition, additionalProperties: false, properties: { ...others, ...properties } };
}

function projectSchemaFor({ environments }: Project): object {
  const { properties } = projectSchema;
  const items = { description: "An environment of this project.", enum: environments };
  return {
    ...projectSchema,
    properties: {
      ...properties,
      order: { ...properties.order, items },
      protected: { ...properties.protected, items },
    },
  };
}

function print(schema: object): string {
  return `${JSON.stringify({ $comment: "Made by `bunting schema`: do not edit.", ...schema }, null, 2)}\n`;
}
