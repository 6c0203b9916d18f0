/** A command of `bunting`: its options as data, and the function that runs it. */
export interface Command<Options extends Record<string, Option>> {
  /** `validate`, as in `bunting validate`. */
  readonly name: string;
  /** What it does, in a sentence or two. */
  readonly summary: string;
  /** What its positional arguments are: `[PATH…]`; `""` if it takes none. */
  readonly operands: string;
  readonly options: Options;
  /** Text for the end of `--help`, such as environment variables. */
  readonly details?: string;
  /** Results go to stdout, progress and diagnostics to stderr. */
  run(values: Values<Options>, operands: string[]): ExitCode | Promise<ExitCode>;
}

/** A command whose options are not known by type. */
export type AnyCommand = Command<Record<string, Option>>;

/** Takes a value if `value` names one (`FORMAT`); otherwise it is a switch. */
export interface Option {
  readonly value?: string;
  readonly help: string;
  /** The values that are accepted; any if missing. */
  readonly choices?: readonly string[];
  readonly default?: string;
  /** Whether it may be given more than once; the value is a list then. */
  readonly many?: true;
}

/** 0: done. 1: the input has problems, or the outcome is refused. 2: wrong usage or environment. */
export type ExitCode = 0 | 1 | 2;

type Values<Options> = {
  readonly [Name in keyof Options]: Options[Name] extends { many: true }
    ? readonly string[]
    : Options[Name] extends { default: string }
      ? string
      : Options[Name] extends { value: string }
        ? string | undefined
        : boolean | undefined;
};

/** Declares a command. It infers the types of the option values; it runs nothing. */
export function defineCommand<const Options extends Record<string, Option>>(
  command: Command<Options>,
): AnyCommand {
  return command;
}

/** The command was called with arguments that it does not accept. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
