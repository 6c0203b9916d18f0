/** The two forms in which the definition of a flag is sent and answered. */
import type { Request } from "express";
import {
  type FlagDefinition,
  readValues,
  type Values,
} from "../../../schema/change/define-flag.ts";
import { parseFlagFile } from "../../../schema/file/parsed-file.ts";
import { type Finding, isError } from "../../../schema/problem/problem.ts";
import type { Project } from "../../../schema/project/project.ts";
import { parse } from "../../../schema/yaml/parse.ts";
import { pointerOf } from "../../../schema/yaml/pointers.ts";
import { bodyOf, decodeBody, parseJson, typeOf } from "../../http/body.ts";
import { type ErrorDetail, HttpError, maxErrors } from "../../http/problem.ts";
import { entityTag } from "../../http/send.ts";

export type Form = FlagDefinition["form"];

const types: Readonly<Record<Form, string>> = {
  json: "application/json",
  yaml: "application/yaml",
};

/** Maximum number of levels of JSON. A flag has fewer. */
const maxJsonLevels = 32;

/** The form that the client prefers; `first` if it has no preference. Throws `HttpError` 406. */
export function preferredForm(request: Request, first: Form): Form {
  const forms: Form[] = first === "json" ? ["json", "yaml"] : ["yaml", "json"];
  const type = request.accepts(forms.map((form) => types[form]));
  const found = forms.find((form) => types[form] === type);
  if (found) return found;
  const known = Object.values(types).join(" or ");
  throw new HttpError(406, `Cannot answer in a type that "Accept" names: there is ${known}`);
}

export interface Representation {
  readonly contentType: string;
  readonly body: string;
  readonly etag: string;
}

/** The representation of a flag file. */
export function represent(form: Form, text: string): Representation {
  const body = form === "yaml" ? text : JSON.stringify(readValues(text));
  const contentType = form === "yaml" ? `${types.yaml}; charset=utf-8` : types.json;
  return { contentType, body, etag: entityTag(body) };
}

/** The definition in a request's body. Throws `HttpError` if it is not a valid flag file. */
export function readDefinition(request: Request, project: Project): FlagDefinition {
  const type = typeOf(request, [types.json, types.yaml]);
  const bytes = bodyOf(request);
  if (type === types.yaml) {
    check(bytes, project, ({ line, column }) => ({ line, column }));
    return { form: "yaml", text: bytes.toString("utf8") };
  }
  // Values that differ in their Unicode form only are the same to people, and files have one form.
  const text = decodeBody(bytes).normalize("NFC");
  if (levelsOf(text) > maxJsonLevels) {
    const detail = `Cannot read the body: it nests deeper than ${maxJsonLevels} levels`;
    throw new HttpError(400, detail);
  }
  const value = parseJson(text);
  // Line numbers are left out for JSON: they would be those of a text that the client did not send.
  check(Buffer.from(JSON.stringify(value, null, 1)), project, () => ({}));
  return { form: "json", value: value as Values };
}

/** The number of levels of a JSON text. */
function levelsOf(text: string): number {
  let [level, deepest] = [0, 0];
  for (const [bracket] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (bracket === "[" || bracket === "{") deepest = Math.max(deepest, ++level);
    else if (bracket === "]" || bracket === "}") level -= 1;
  }
  return deepest;
}

/** Throws `HttpError` 400 if a file has errors: all of them, with their positions. */
function check(
  bytes: Buffer,
  project: Project,
  positionOf: (finding: Finding) => Pick<ErrorDetail, "line" | "column">,
): void {
  const { findings } = parseFlagFile(bytes, project);
  const errors = findings.filter(isError);
  if (errors.length === 0) return;
  const source = parse(bytes.toString("utf8"));
  const details = errors.slice(0, maxErrors).map((finding): ErrorDetail => {
    const { code, message, hint } = finding;
    const words = hint === undefined ? message : `${message}; ${hint}`;
    return {
      pointer: `#${pointerOf(source, finding)}`,
      code,
      message: words,
      ...positionOf(finding),
    };
  });
  const detail = `Cannot use the definition: ${errors.map(({ message }) => message).join("; ")}`;
  throw new HttpError(400, detail, { errors: details });
}
