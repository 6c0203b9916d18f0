import type { OperationId } from "./operations.ts";

export type Area =
  | "contents"
  | "deployments"
  | "issues"
  | "pull_requests"
  | "statuses"
  | "metadata";
export type Right = readonly [area: Area, level: "read" | "write"];

/**
 * The permissions of an operation, of which a token needs one: from "Permissions required for GitHub
 * Apps" in GitHub's documentation. Operations on issues also accept the permission for pull requests.
 */
export function rightsFor(operation: OperationId): readonly Right[] {
  const [area, verb = ""] = operation.split("/");
  const level = /^(get|list)/.test(verb) ? "read" : "write";
  if (operation === "repos/get" || area === "users") return [["metadata", "read"]];
  if (operation === "repos/get-collaborator-permission-level") return [["metadata", "read"]];
  if (operation === "repos/create-commit-status") return [["statuses", "write"]];
  if (operation === "repos/list-pull-requests-associated-with-commit") {
    return [
      ["pull_requests", "read"],
      ["contents", "read"],
    ];
  }
  if (verb.includes("deployment")) return [["deployments", level]];
  if (operation === "pulls/merge") return [["contents", "write"]];
  if (area === "pulls") return [["pull_requests", level]];
  if (area === "issues") {
    return [
      ["issues", level],
      ["pull_requests", level],
    ];
  }
  return [["contents", level]];
}
