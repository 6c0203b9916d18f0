import { randomBytes } from "node:crypto";

/**
 * This process, among all that write to the branch. It is in each of its commits: two servers that
 * are asked the same in the same second, under one request id, would else make the very same commit,
 * and each would take it for its own.
 */
export const instanceId = randomBytes(4).toString("hex");
