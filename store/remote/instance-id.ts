import { randomBytes } from "node:crypto";

/**
 * Identifies this process among all that write to the branch. Each of its commits contains it. Otherwise
 * two servers that get the same request with the same id in the same second would create identical
 * commits, and each would treat the other's commit as its own.
 */
export const instanceId = randomBytes(4).toString("hex");
