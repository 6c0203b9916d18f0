/** The validators of the files in a repository of flags. In the package, this module is their compiled code. */
import { _, Ajv2020 } from "ajv/dist/2020.js";
import audienceSchema from "../flag/audience.schema.json" with { type: "json" };
import flagSchema from "../flag/flag.schema.json" with { type: "json" };
import testsSchema from "../flag/tests.schema.json" with { type: "json" };
import projectSchema from "../project/bunting.schema.json" with { type: "json" };
import policySchema from "../project/policy.schema.json" with { type: "json" };
import { formats } from "../text/date.ts";

export const ajv = new Ajv2020({
  allErrors: true,
  verbose: true,
  // A test validates the schemas.
  validateSchema: false,
  formats,
  code: { source: true, esm: true, formats: _`require("../text/date.ts").formats` },
});

export const isAudience = ajv.compile(audienceSchema);
export const isFlag = ajv.compile(flagSchema);
export const isPolicy = ajv.compile(policySchema);
export const isProject = ajv.compile(projectSchema);
export const isTests = ajv.compile(testsSchema);
