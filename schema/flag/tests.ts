/** Tests of a flag: `flags/tests/NAME.yaml`, where `NAME` is the flag's name. */

/** The path of a flag's tests, from the top of the repository. */
export function testsFileOf(flag: string): string {
  return `flags/tests/${flag}.yaml`;
}

/** Tests as people write them: a file that meets `tests.schema.json`. */
export interface TestsFile {
  readonly tests: readonly TestFile[];
}

export interface TestFile {
  /** What the test shows. */
  readonly name?: string;
  /** Default: the first environment of the project. */
  readonly environment?: string;
  /** What is known about the caller. Default: nothing. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** The value that the caller must get. */
  readonly expect: unknown;
}
