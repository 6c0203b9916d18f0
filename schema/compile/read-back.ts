/** Each compiled body is parsed again and validated against the published schema. */
import type { ValidateFunction } from "ajv/dist/2020.js";
import { type FlagBody, isFlag, isList, type ListBody } from "./validators.ts";

/** Returns the body of one flag. Throws if it is not valid, or another flag's. */
export function readBackFlag(body: string, name: string): FlagBody {
  const value = read(body, isFlag);
  if (value.name === name) return value;
  throw new Error(`Cannot accept the response of "${name}": it names "${value.name}"`);
}

/** Returns the body of a list. Throws if it is not valid, or has another environment or number of flags than given. */
export function readBackList(body: string, environment?: string, size?: number): ListBody {
  const value = read(body, isList);
  const found = Object.keys(value.flags).length;
  const isRight = environment === undefined || value.environment === environment;
  if (isRight && (size === undefined || found === size)) return value;
  const wanted = `${size} flags of "${environment}"`;
  throw new Error(
    `Cannot accept a list: it has ${found} flags of "${value.environment}", wanted ${wanted}`,
  );
}

/** Checks that an entry of a list's flags is that flag's. */
export function readBackEntry(entry: string, name: string): void {
  const value = JSON.parse(`{${entry}}`) as Record<string, unknown>;
  const [[found, state] = [], ...others] = Object.entries(value);
  if (found === name && typeof state === "boolean" && others.length === 0) return;
  throw new Error(`Cannot accept the entry ${entry} of a list: wanted the state of "${name}"`);
}

function read<T>(body: string, isValid: ValidateFunction<T>): T {
  const value: unknown = JSON.parse(body);
  if (isValid(value)) return value;
  const errors = (isValid.errors ?? []).map(
    (error) => `data${error.instancePath} ${error.message}`,
  );
  throw new Error(`Cannot accept the response ${body.slice(0, 200)}: ${errors.join(", ")}`);
}
