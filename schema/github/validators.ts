/** The validators of the files that a run of untrusted code leaves. In the package, this module is their compiled code. */
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Plan } from "../plan/plan.ts";
import type { Problem } from "../problem/problem.ts";
import schema from "./artifact.schema.json" with { type: "json" };

/** What `npm run validate -- --format json` says. */
export interface Problems {
  /** How many files there are. */
  readonly flags: number;
  readonly problems: readonly Problem[];
}

export const ajv = new Ajv2020({ schemas: [schema], code: { source: true, esm: true } });

const definitions = `${schema.$id}#/$defs`;
export const isPlan = ajv.compile<Plan>({ $id: "plan", $ref: `${definitions}/plan` });
export const areProblems = ajv.compile<Problems>({
  $id: "problems",
  $ref: `${definitions}/problems`,
});
