/** The validators of compiled bodies. In the package, this module is their compiled code. */
import { Ajv2020 } from "ajv/dist/2020.js";
import schema from "../responses.schema.json" with { type: "json" };

export interface FlagBody {
  readonly name: string;
  readonly enabled: boolean;
  readonly description: string;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface ListBody {
  readonly environment: string;
  readonly flags: Readonly<Record<string, boolean>>;
  readonly updated_at: string;
}

export const ajv = new Ajv2020({
  schemas: [schema],
  validateSchema: false,
  code: { source: true, esm: true },
});

const definitions = `${schema.$id}#/$defs`;
export const isFlag = ajv.compile<FlagBody>({ $id: "Flag", $ref: `${definitions}/Flag` });
export const isList = ajv.compile<ListBody>({ $id: "FlagList", $ref: `${definitions}/FlagList` });
