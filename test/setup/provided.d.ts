import "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** The file of `bunting` to run with Node. */
    program: string;
    /** A directory for the files of all tests, gone after the run. */
    temporary: string;
  }
}
