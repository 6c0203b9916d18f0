/** What is checked in `bunting.yaml` and in the policy before it, beyond their shape. */
import type { Finding } from "../problem/problem.ts";
import { findPatternFault } from "../project/name-pattern.ts";
import type { PolicyFile } from "../project/policy.ts";
import { defaultProject, type ProjectFile } from "../project/project.ts";
import { quoteValue } from "../text/show.ts";
import { didYouMean } from "../text/suggest.ts";
import type { Source } from "../yaml/parse.ts";
import { placeAt } from "../yaml/pointers.ts";

export function checkProject(file: ProjectFile, source: Source): Finding[] {
  return checks.flatMap((check) => check(file, source));
}

/** A policy names environments of a project without `bunting.yaml`. */
export function checkPolicy(file: PolicyFile, source: Source): Finding[] {
  return findUnknown("protected", file.protected, defaultProject.environments, source);
}

const checks: readonly ((file: ProjectFile, source: Source) => Finding[])[] = [
  /** Names in URLs, and keys of objects, that already mean something else. */
  function environmentsAreFree({ environments = [] }, source) {
    return environments.flatMap((name, index): Finding[] => {
      if (!reservedEnvironments.has(name)) return [];
      const message = `Cannot use "${name}" as an environment's name: it is reserved`;
      const hint = "choose another name, like production";
      return [
        { ...placeAt(source, `/environments/${index}`), code: "reserved-name", message, hint },
      ];
    });
  },

  function orderAndProtectedAreKnown({ order = [], protected: locked = [], ...file }, source) {
    const known = file.environments ?? defaultProject.environments;
    return [
      ...findUnknown("order", order, known, source),
      ...findUnknown("protected", locked, known, source),
    ];
  },

  function orderIsComplete({ order, environments = defaultProject.environments }, source) {
    const missing = environments.filter((name) => order && !order.includes(name));
    if (missing.length === 0) return [];
    const message = `Cannot read "order" without ${missing.join(", ")}: it must name each environment`;
    const hint = "add what is missing, or delete the key for the default";
    return [{ ...placeAt(source, "/order"), code: "incomplete-order", message, hint }];
  },

  function attributesAreFree({ attributes = {} }, source) {
    return Object.keys(attributes).flatMap((name): Finding[] => {
      if (!reservedAttributes.has(name)) return [];
      const message = `Cannot use "${name}" as an attribute's name: it is reserved`;
      const place = placeAt(source, `/attributes/${name}`, "key");
      return [{ ...place, code: "reserved-name", message, hint: "choose another name" }];
    });
  },

  function patternIsUsable({ names }, source) {
    const fault = names?.pattern === undefined ? undefined : findPatternFault(names.pattern);
    if (fault === undefined) return [];
    const message = `Cannot use the pattern ${quoteValue(names?.pattern)}: ${fault}`;
    const hint = 'write it like "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"';
    return [{ ...placeAt(source, "/names/pattern"), code: "invalid-pattern", message, hint }];
  },
];

/** First segments of the server's and the release's own URLs, and what objects inherit. */
const reservedEnvironments = new Set([
  ...["constructor", "prototype", "v1", "errors", "ofrep", "webhooks"],
  ...["dashboard", "metrics", "healthz", "readyz"],
]);

/** `audience` is a matcher of its own, and the others are what objects inherit. */
const reservedAttributes = new Set(["audience", "constructor", "prototype"]);

function findUnknown(
  key: "order" | "protected",
  named: readonly string[],
  known: readonly string[],
  source: Source,
): Finding[] {
  return named.flatMap((name, index): Finding[] => {
    if (known.includes(name)) return [];
    const message = `Cannot read environment ${quoteValue(name)}: it must be one of ${known.join(", ")}`;
    const place = placeAt(source, `/${key}/${index}`);
    const hint = didYouMean(name, known);
    return [{ ...place, code: "unknown-environment", message, ...(hint && { hint }) }];
  });
}
