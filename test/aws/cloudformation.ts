/**
 * Evaluates a CloudFormation template: takes parameters, and returns the resources and outputs that
 * CloudFormation would make, with every intrinsic function resolved.
 *
 * Values that only AWS knows stay references: `!Ref Bucket` is "<Bucket>", `!GetAtt Bucket.Arn` is
 * "<Bucket.Arn>".
 */
import { parse, type ScalarTag, type Tags } from "yaml";

export type Value = string | number | boolean | null | readonly Value[] | { [key: string]: Value };
export type Mapping = { [key: string]: Value };

interface Parameter {
  readonly Type: string;
  readonly Default?: string | number;
  readonly AllowedPattern?: string;
  readonly AllowedValues?: readonly string[];
  readonly MinValue?: number;
  readonly MaxValue?: number;
  readonly MaxLength?: number;
}

interface Resource {
  readonly Type: string;
  readonly Condition?: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Properties: Mapping;
}

interface Output {
  readonly Condition?: string;
  readonly Description: string;
  readonly Value: Value;
}

interface Rule {
  readonly Assertions: readonly { readonly Assert: Value; readonly AssertDescription: string }[];
}

export interface Template {
  readonly Parameters: { readonly [name: string]: Parameter };
  readonly Rules: { readonly [name: string]: Rule };
  readonly Conditions: { readonly [name: string]: Value };
  readonly Resources: { readonly [name: string]: Resource };
  readonly Outputs: { readonly [name: string]: Output };
}

export interface Stack {
  readonly resources: { readonly [name: string]: Resource };
  readonly outputs: { readonly [name: string]: Value };
}

const PSEUDO_PARAMETERS: Mapping = {
  "AWS::AccountId": "123456789012",
  "AWS::Partition": "aws",
  "AWS::Region": "eu-west-1",
  "AWS::StackName": "flags",
};

/** Reads a template. `!Sub x` becomes its long form, `{"Fn::Sub": "x"}`. */
export function parseTemplate(text: string): Template {
  return parse(text, { customTags: shortForms(), strict: true });
}

/** Throws for what CloudFormation refuses: a parameter out of bounds, a broken rule, a reference to nothing. */
export function deploy(template: Template, given: { [name: string]: string }): Stack {
  const parameters = checkParameters(template, given);
  const conditions: { [name: string]: boolean } = {};
  const made = (name: string): boolean => {
    const condition = template.Resources[name]?.Condition;
    return condition === undefined || conditionHolds(condition);
  };

  for (const rule of Object.values(template.Rules)) {
    for (const { Assert, AssertDescription } of rule.Assertions) {
      if (resolve(Assert) !== true) throw new Error(AssertDescription);
    }
  }
  for (const name of Object.keys(template.Conditions)) conditionHolds(name);

  const resources: { [name: string]: Resource } = {};
  for (const [name, resource] of Object.entries(template.Resources)) {
    // Resolved even if it is not made, so that every reference is checked.
    const Properties = resolve(resource.Properties, made(name)) as Mapping;
    if (made(name)) resources[name] = { ...resource, Properties };
  }
  const outputs: { [name: string]: Value } = {};
  for (const [name, output] of Object.entries(template.Outputs)) {
    const wanted = output.Condition === undefined || conditionHolds(output.Condition);
    const value = resolve(output.Value, wanted) as Value;
    if (wanted) outputs[name] = value;
  }
  return { resources, outputs };

  function conditionHolds(name: string): boolean {
    const value = template.Conditions[name];
    if (value === undefined) throw new Error(`Cannot find condition "${name}"`);
    conditions[name] ??= resolve(value) === true;
    return conditions[name];
  }

  /** `undefined` is AWS::NoValue. `live` is false in resources that the conditions leave out. */
  function resolve(value: Value, live = true): Value | undefined {
    if (Array.isArray(value)) {
      return value.map((item) => resolve(item, live)).filter((item) => item !== undefined);
    }
    if (typeof value !== "object" || value === null) return value;
    const [entry, ...more] = Object.entries(value);
    if (entry && more.length === 0 && (entry[0] === "Ref" || entry[0].startsWith("Fn::"))) {
      return call(entry[0], entry[1], live);
    }
    const resolved = Object.entries(value).map(
      ([key, item]) => [key, resolve(item, live)] as const,
    );
    return Object.fromEntries(
      resolved.filter((pair): pair is [string, Value] => pair[1] !== undefined),
    );
  }

  function call(name: string, argument: Value, live: boolean): Value | undefined {
    switch (name) {
      case "Ref":
        return reference(String(argument), live);
      case "Fn::GetAtt":
        return reference((argument as readonly string[]).join("."), live);
      case "Fn::Sub":
        return String(argument).replaceAll(/\$\{([^}]+)\}/g, (_, name: string) =>
          String(reference(name, live)),
        );
      case "Fn::If": {
        const [condition, yes, no, ...rest] = argument as readonly [string, Value, Value];
        if (no === undefined || rest.length > 0) throw new Error("Cannot resolve If: wants three");
        const holds = conditionHolds(condition);
        const values = [resolve(yes, live && holds), resolve(no, live && !holds)];
        return values[holds ? 0 : 1];
      }
      case "Fn::Equals": {
        const [a, b] = (argument as readonly Value[]).map((item) => resolve(item));
        return a === b;
      }
      case "Fn::Not":
        return (argument as readonly Value[]).every((item) => resolve(item) === false);
      case "Fn::And":
        return (argument as readonly Value[]).every((item) => resolve(item) === true);
      case "Fn::Or":
        return (argument as readonly Value[]).some((item) => resolve(item) === true);
      default:
        throw new Error(`Cannot resolve ${name}: this test does not know it`);
    }
  }

  function reference(name: string, live: boolean): Value | undefined {
    if (name === "AWS::NoValue") return undefined;
    const value = parameters[name] ?? PSEUDO_PARAMETERS[name];
    if (value !== undefined) return value;
    const resource = name.split(".", 1)[0] ?? name;
    if (!template.Resources[resource]) throw new Error(`Cannot find "${name}"`);
    if (live && !made(resource)) throw new Error(`Cannot refer to "${name}": it is not made`);
    return `<${name}>`;
  }
}

function checkParameters(template: Template, given: { [name: string]: string }): Mapping {
  for (const name of Object.keys(given)) {
    if (!template.Parameters[name]) throw new Error(`Cannot find parameter "${name}"`);
  }
  const entries = Object.entries(template.Parameters).map(([name, parameter]) => {
    const value = given[name] ?? parameter.Default;
    if (value === undefined) throw new Error(`Cannot deploy without parameter "${name}"`);
    const isList = parameter.Type === "CommaDelimitedList";
    const items = isList ? String(value).split(",") : [String(value)];
    for (const item of items) {
      if (!allows(parameter, item)) throw new Error(`Cannot take ${name} "${item}"`);
    }
    return [name, isList ? items : parameter.Type === "Number" ? Number(value) : String(value)];
  });
  return Object.fromEntries(entries);
}

function allows(parameter: Parameter, value: string): boolean {
  const { AllowedPattern, AllowedValues, MinValue, MaxValue, MaxLength } = parameter;
  if (AllowedPattern !== undefined && !new RegExp(`^(?:${AllowedPattern})$`).test(value)) {
    return false;
  }
  if (AllowedValues !== undefined && !AllowedValues.includes(value)) return false;
  if (MinValue !== undefined && !(Number(value) >= MinValue)) return false;
  if (MaxValue !== undefined && !(Number(value) <= MaxValue)) return false;
  return MaxLength === undefined || value.length <= MaxLength;
}

function shortForms(): Tags {
  const scalars: ScalarTag[] = ["Ref", "GetAtt", "Sub"].map((name) => ({
    tag: `!${name}`,
    resolve: (text) => ({
      [name === "Ref" ? name : `Fn::${name}`]: name === "GetAtt" ? text.split(".") : text,
    }),
  }));
  const lists: Tags = ["If", "Equals", "Not", "And", "Or"].map((name) => ({
    tag: `!${name}`,
    collection: "seq",
    resolve: (items) => ({ [`Fn::${name}`]: "toJSON" in items ? items.toJSON() : items }),
  }));
  return [...scalars, ...lists];
}
