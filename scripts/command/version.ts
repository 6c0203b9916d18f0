import manifest from "../../package.json" with { type: "json" };

/** The version of this program. */
export const version: string = manifest.version;

/** The versions of Node that can run it, such as `>=20.19`. */
export const nodeRange: string = manifest.engines.node;

/** `OWNER/NAME` of this program's repository on GitHub, which holds the workflows to call. */
export const programRepository: string = manifest.repository.url
  .replace(/^git\+https:\/\/github\.com\//, "")
  .replace(/\.git$/, "");
