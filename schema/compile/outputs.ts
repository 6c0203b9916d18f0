/**
 * The one table of the outputs of a release: paths, headers and compilers. A new output is a row here and
 * the module that compiles its body.
 */
import { compileDefinitions, type DefinedFlags } from "../definitions/definitions.ts";
import { compileFlagd } from "../definitions/flagd.ts";
import { compileOpenFeatureManifest } from "../definitions/openfeature.ts";

/** A kind of response. */
export interface Output {
  /** Its path below an environment, or below the root if `scope` is `release`. `{name}` is a flag. */
  readonly path: string;
  readonly scope: "environment" | "release";
  readonly contentType: string;
  /** `Cache-Control` of the published object; if missing, an option of the publisher decides. */
  readonly cacheControl?: string;
  /** Whether it names the flags of a whole environment, so that it is published after them. */
  readonly isIndex: boolean;
  /**
   * Compiles the body from how the flags of an environment are decided. A project may keep such an output
   * unpublished. Flags and lists, of which there are many, are compiled together.
   */
  readonly compile?: (flags: DefinedFlags) => string;
}

const ofEnvironment = { scope: "environment", contentType: "application/json" } as const;

export const outputs = {
  flag: { ...ofEnvironment, path: "/v1/feature-flags/{name}", isIndex: false },
  list: { ...ofEnvironment, path: "/v1/feature-flags/", isIndex: true },
  definitions: {
    ...ofEnvironment,
    path: "/v1/definitions.json",
    isIndex: true,
    compile: compileDefinitions,
  },
  flagd: { ...ofEnvironment, path: "/v1/flagd.json", isIndex: true, compile: compileFlagd },
  openfeature: {
    ...ofEnvironment,
    path: "/v1/openfeature.json",
    isIndex: true,
    compile: compileOpenFeatureManifest,
  },
  /** What a CDN answers with for a missing object: problem details (RFC 9457). */
  error: {
    path: "/errors/{name}.json",
    scope: "release",
    contentType: "application/problem+json",
    cacheControl: "public, max-age=10",
    isIndex: false,
  },
  /** What a release consists of. It is written last, and lists all others. */
  manifest: {
    path: "/manifest.json",
    scope: "release",
    contentType: "application/json",
    isIndex: true,
  },
} as const satisfies Record<string, Output>;

export type OutputKind = keyof typeof outputs;

/** `Cache-Control` of published objects, if the publisher sets no other. */
export const publishedCacheControl =
  "public, max-age=30, stale-while-revalidate=300, stale-if-error=86400";

/** `Cache-Control` of the server's answers, which depend on the token: a browser may keep one, and asks each time. */
export const privateCacheControl = "private, no-cache";
