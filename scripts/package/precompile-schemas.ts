import path from "node:path";
import type { Ajv, ValidateFunction } from "ajv";
import standalone from "ajv/dist/standalone/index.js";
import type { Plugin } from "esbuild";
import * as fileValidators from "../../schema/check/validators.ts";
import * as responseValidators from "../../schema/compile/validators.ts";
import * as artifactValidators from "../../schema/github/validators.ts";
import * as requestValidators from "../../server/openapi/validators.ts";

const top = path.join(import.meta.dirname, "../..");

/** The modules that compile JSON Schemas. Each exports its validators, and the instance of Ajv that they are of. */
const modules: Readonly<Record<string, { readonly ajv: Ajv }>> = {
  "schema/check/validators.ts": fileValidators,
  "schema/compile/validators.ts": responseValidators,
  "schema/github/validators.ts": artifactValidators,
  "server/openapi/validators.ts": requestValidators,
};

/**
 * Replaces the modules that compile JSON Schemas by the code that Ajv makes of these: to load Ajv and
 * to compile the schemas takes longer than the rest of a short command.
 */
export const precompileSchemas: Plugin = {
  name: "precompile-schemas",
  setup({ onLoad, onEnd }) {
    onLoad({ filter: /\/validators\.ts$/ }, ({ path: file }) => {
      const found = modules[path.relative(top, file)];
      return found && { contents: codeOf(found), resolveDir: path.dirname(file) };
    });
    onEnd(({ metafile }) => {
      if (!Object.hasOwn(metafile?.inputs ?? {}, compiler)) return;
      throw new Error(`Cannot precompile all JSON Schemas: a module imports ${compiler}`);
    });
  },
};

const compiler = "node_modules/ajv/dist/core.js";

function codeOf({ ajv, ...validators }: { readonly ajv: Ajv }): string {
  const ids = Object.entries(validators as Record<string, ValidateFunction>).map(
    ([name, { schema }]) => [name, (schema as { readonly $id: string }).$id],
  );
  return standalone.default(ajv, Object.fromEntries(ids));
}
