/** A change that needs a review: the names of its branch and labels. */
import { hash } from "node:crypto";
import type { Flag } from "../flag/flag.ts";
import { isPossibleName } from "../flag/name.ts";
import { isSameJson } from "../text/json.ts";
import { compareText } from "../text/order.ts";
import type { BeforeAndAfter } from "./protection.ts";

/** Who requests a change, and why. All of it is untrusted text. */
export interface Requester {
  readonly actor: { readonly id: string; readonly name: string };
  readonly reason: string;
  readonly requestId: string;
}

const prefix = "bunting/";

/**
 * The branch of a change. The same effect always has the same branch, for each requester and at any time,
 * so an open proposal is found again. Another effect has another branch, so it never replaces an
 * open proposal. The digest is a full SHA-256: of a shorter one, somebody can compute a collision.
 * `subject` is the first line of the commit. `written` are the values of the new file, if the change
 * may have an effect that shows only later.
 */
export function proposalBranchName(
  name: string,
  subject: string,
  sides: BeforeAndAfter,
  written?: unknown,
): string {
  const words =
    subject
      .replace(name, "")
      .toLowerCase()
      .match(/[a-z]+/g) ?? [];
  const effect = effectOf(sides);
  const digest = hash("sha256", JSON.stringify(written === undefined ? effect : [effect, written]));
  return `${prefix}${name}/${words.join("-")}-${digest}`;
}

/** The flag of a proposal's branch; `undefined` if this program did not name the branch. Older names have 12 digits. */
export function flagOfProposalBranch(branch: string): string | undefined {
  const [, name = ""] =
    /^bunting\/([^/]+)\/[a-z-]+-(?:[0-9a-f]{64}|[0-9a-f]{12})$/.exec(branch) ?? [];
  return isPossibleName(name) ? name : undefined;
}

/** The values that differ, each as `[key, before, after]`, in the order of keys. */
function effectOf({ before, after }: BeforeAndAfter): unknown[] {
  const [from, to] = [valuesOf(before), valuesOf(after)];
  return [...new Set([...Object.keys(from), ...Object.keys(to)])]
    .sort(compareText)
    .filter((key) => !isSameJson(from[key], to[key]))
    .map((key) => [key, from[key], to[key]]);
}

/** A flag's values by key, those of an environment apart: `decisions.staging`. */
function valuesOf(flag: Flag | undefined): Readonly<Record<string, unknown>> {
  const { name, description, owner, type, expires, metadata, decisions, schedules } = flag ?? {};
  const blocks = Object.entries(decisions ?? {}).map(([key, value]) => [`decisions.${key}`, value]);
  const facts = { name, description, owner, type, expires, metadata };
  // Left out if there are none, so that branches of open proposals keep their names.
  const steps = schedules && schedules.length > 0 ? { schedules } : {};
  return { ...facts, ...steps, ...Object.fromEntries(blocks) };
}

const protectedLabel = "protected: ";

/** The labels of a pull request: one for the API, one for each protected environment. */
export function labelsOf(environments: readonly string[]): string[] {
  return ["flag-change", ...environments.map((environment) => `${protectedLabel}${environment}`)];
}

/** The protected environments that the labels of a pull request name. */
export function environmentsOfLabels(labels: readonly string[]): string[] {
  return labels.flatMap((label) =>
    label.startsWith(protectedLabel) ? [label.slice(protectedLabel.length)] : [],
  );
}
