/** What is checked in `bunting.yaml` and in the policy before it, beyond their shape. */
import type { Finding } from "../problem/problem.ts";
import { findPatternError } from "../project/name-pattern.ts";
import type { PolicyFile } from "../project/policy.ts";
import { defaultProject, type ProjectFile } from "../project/project.ts";
import { quoteValue } from "../text/show.ts";
import { didYouMean } from "../text/suggest.ts";
import type { YamlSource } from "../yaml/source.ts";
import { findingsOf, type Report } from "./report.ts";

export function checkProject(file: ProjectFile, source: YamlSource): Finding[] {
  return findingsOf(source, (report) => {
    for (const check of checks) check(file, report);
  });
}

/** A policy names environments of a project without `bunting.yaml`. */
export function checkPolicy(file: PolicyFile, source: YamlSource): Finding[] {
  const known = defaultProject.environments;
  return findingsOf(source, (report) => checkKnown("protected", file.protected, known, report));
}

const checks: readonly ((file: ProjectFile, report: Report) => void)[] = [
  /** Names in URLs, and keys of objects, that already mean something else. */
  function environmentsAreFree({ environments = [] }, report) {
    for (const [index, name] of environments.entries()) {
      if (!reservedEnvironments.has(name)) continue;
      const message = `Cannot use "${name}" as an environment's name: it is reserved`;
      const hint = "choose another name, like production";
      report(`/environments/${index}`, "reserved-name", message, hint);
    }
  },

  function orderAndProtectedAreKnown({ order = [], protected: locked = [], ...file }, report) {
    const known = file.environments ?? defaultProject.environments;
    checkKnown("order", order, known, report);
    checkKnown("protected", locked, known, report);
  },

  function orderIsComplete({ order, environments = defaultProject.environments }, report) {
    const missing = environments.filter((name) => order && !order.includes(name));
    if (missing.length === 0) return;
    const message = `Cannot read "order" without ${missing.join(", ")}: it must name each environment`;
    const hint = "add what is missing, or delete the key for the default";
    report("/order", "incomplete-order", message, hint);
  },

  function attributesAreFree({ attributes = {} }, report) {
    for (const name of Object.keys(attributes)) {
      if (!reservedAttributes.has(name)) continue;
      const message = `Cannot use "${name}" as an attribute's name: it is reserved`;
      const hint = "choose another name";
      report(`/attributes/${name}`, "reserved-name", message, hint, { side: "key" });
    }
  },

  function patternIsUsable({ names }, report) {
    const error = names?.pattern === undefined ? undefined : findPatternError(names.pattern);
    if (error === undefined) return;
    const message = `Cannot use the pattern ${quoteValue(names?.pattern)}: ${error}`;
    const hint = 'write it like "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"';
    report("/names/pattern", "invalid-pattern", message, hint);
  },
];

/** First segments of the server's and the release's own URLs, and what objects inherit. */
const reservedEnvironments = new Set([
  ...["constructor", "prototype", "v1", "errors", "ofrep", "webhooks"],
  ...["dashboard", "metrics", "healthz", "readyz"],
]);

/** `audience` is a matcher of its own, and the others are what objects inherit. */
const reservedAttributes = new Set(["audience", "constructor", "prototype"]);

function checkKnown(
  key: "order" | "protected",
  named: readonly string[],
  known: readonly string[],
  report: Report,
): void {
  for (const [index, name] of named.entries()) {
    if (known.includes(name)) continue;
    const message = `Cannot read environment ${quoteValue(name)}: it must be one of ${known.join(", ")}`;
    report(`/${key}/${index}`, "unknown-environment", message, didYouMean(name, known));
  }
}
