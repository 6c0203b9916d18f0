/** JSON Schemas for editors in a repository of flags: the program's schemas with the names of its project. */
import projectSchema from "../project/bunting.schema.json" with { type: "json" };
import { type Project, rootEnvironment } from "../project/project.ts";
import flagSchema from "./flag.schema.json" with { type: "json" };

/** The texts of the generated files, by path from the top of the repository. */
export function editorSchemas(project: Project): ReadonlyMap<string, string> {
  return new Map([
    ["schema/bunting.schema.json", print(projectSchemaFor(project))],
    ["schema/flag.schema.json", print(flagSchemaFor(project))],
  ]);
}

function flagSchemaFor(project: Project): object {
  const root = rootEnvironment(project);
  const others = project.environments.filter((environment) => environment !== root);
  const { properties } = flagSchema;
  const { additionalProperties: block, ...environments } = properties.environments;
  return {
    ...flagSchema,
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
