/**
 * Checks resources against AWS's own description of CloudFormation, without a network.
 *
 * @see https://www.npmjs.com/package/@aws-cdk/aws-service-spec
 */
import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import type { Mapping, Stack, Value } from "./cloudformation.ts";

const database = loadAwsServiceSpecSync();
type ResourceType = ReturnType<typeof resourceType>;
type Properties = ResourceType["properties"];
type PropertyType = Properties[string]["type"];

/**
 * The errors that CloudFormation would report, as `Resource.Path: why`. References to AWS's values pass
 * as any scalar.
 */
export function violations(stack: Stack): string[] {
  const found: string[] = [];
  for (const [name, resource] of Object.entries(stack.resources)) {
    checkProperties(name, resource.Properties, resourceType(resource.Type).properties, found);
  }
  for (const [, name, attribute] of JSON.stringify(stack).matchAll(/<(\w+)\.([\w.]+)>/g)) {
    const type = stack.resources[String(name)]?.Type;
    if (type === undefined || !(String(attribute) in resourceType(type).attributes)) {
      found.push(`${name}.${attribute}: no such attribute`);
    }
  }
  return found;
}

function resourceType(name: string) {
  return database.lookup("resource", "cloudFormationType", "equals", name).only();
}

function checkProperties(
  at: string,
  mapping: Mapping,
  properties: Properties,
  found: string[],
): void {
  for (const [name, property] of Object.entries(properties)) {
    if (property.required && !(name in mapping)) found.push(`${at}.${name}: required`);
  }
  for (const [name, value] of Object.entries(mapping)) {
    const property = properties[name];
    if (property) checkType(`${at}.${name}`, value, property.type, found);
    else found.push(`${at}.${name}: unknown`);
  }
}

function checkType(at: string, value: Value, type: PropertyType, found: string[]): void {
  switch (type.type) {
    case "ref": {
      const definition = database.get("typeDefinition", type.reference.$ref);
      if (isMapping(value)) checkProperties(at, value, definition.properties, found);
      else found.push(`${at}: must be a mapping`);
      return;
    }
    case "array":
      if (!Array.isArray(value)) found.push(`${at}: must be a list`);
      else
        for (const [i, item] of value.entries()) checkType(`${at}.${i}`, item, type.element, found);
      return;
    case "union": {
      const fits = type.types.some((one) => {
        const wrong: string[] = [];
        checkType(at, value, one, wrong);
        return wrong.length === 0;
      });
      if (!fits) found.push(`${at}: fits none of its types`);
      return;
    }
    case "json":
      if (!isMapping(value)) found.push(`${at}: must be a mapping`);
      return;
    case "boolean":
      if (typeof value !== "boolean") found.push(`${at}: must be true or false`);
      return;
    case "integer":
    case "number":
      if (typeof value !== "number") found.push(`${at}: must be a number`);
      return;
    case "string":
      if (typeof value !== "string") found.push(`${at}: must be a string`);
      return;
    default:
      found.push(`${at}: this test does not know the type ${type.type}`);
  }
}

function isMapping(value: Value): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
