import { type OperationId, operations } from "../api/operations.ts";
import { deploymentHandlers } from "./deployments.ts";
import type { Handler } from "./handler.ts";
import { issueHandlers } from "./issues.ts";
import { pullHandlers } from "./pulls.ts";
import { repoHandlers } from "./repos.ts";
import { reviewHandlers } from "./reviews.ts";

const known: Partial<Record<OperationId, Handler>> = {
  ...issueHandlers,
  ...pullHandlers,
  ...repoHandlers,
  ...deploymentHandlers,
  ...reviewHandlers,
};

/** The handler of each operation. */
export const handlers = Object.fromEntries(
  operations.map((operation) => [operation, known[operation] ?? unknown(operation)]),
) as Readonly<Record<OperationId, Handler>>;

function unknown(operation: OperationId): Handler {
  throw new Error(`Cannot answer ${operation}: nobody wrote how`);
}
