import "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** The file of `bunting` to run with Node. */
    program: string;
  }
}
