import type { Limits } from "../../../schema/project/project.ts";

/** For tests of publications that change most of a few flags. */
export const noLimits: Limits = { remove: 100, turn: 100, at_least: 0 };
