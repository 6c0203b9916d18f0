import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** `schema/openapi.yaml` as data. In the package, the bundler replaces this module by the parsed document. */
export const openApiDocument: unknown = parse(
  readFileSync(new URL("../../schema/openapi.yaml", import.meta.url), "utf8"),
);
