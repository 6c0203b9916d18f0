/** The validators of requests' bodies. In the package, this module is their compiled code. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { description } from "./description.ts";

const definitions = JSON.stringify(description.components.schemas).replaceAll(
  "#/components/schemas/",
  "#/$defs/",
);

export const ajv = new Ajv2020({
  allErrors: true,
  // An error has the schema, whose keys a message names.
  verbose: true,
  strict: false,
  schemas: [{ $id: "api", $defs: JSON.parse(definitions) }],
  code: { source: true, esm: true },
});

export const isCreateFlag = validatorOf("CreateFlag");
export const isUpdateFlag = validatorOf("UpdateFlag");
export const isUpdateEnvironmentFlag = validatorOf("UpdateEnvironmentFlag");
export const isUsageReport = validatorOf("UsageReport");

function validatorOf(name: string) {
  return ajv.compile({ $id: name, $ref: `api#/$defs/${name}` });
}
