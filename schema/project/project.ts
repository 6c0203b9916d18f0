/** The environments that flags are served in. */

/** The environment that the specification serves, at the root of the URLs. */
export const application = "application";

/** Every environment, the one at the root of the URLs first. */
export const environments: readonly string[] = [application, "staging", "development"];
