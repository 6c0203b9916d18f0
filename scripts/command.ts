/** What every command has in common: options, `--help`, exit codes, and how failures are told. */
import { parseArgs } from "node:util";

export interface Command<Options extends Record<string, Option>> {
  /** `validate`, as in `npm run validate`. */
  readonly name: string;
  /** What it does, in a sentence or two. */
  readonly summary: string;
  /** What its positional arguments are: `[PATH…]`; `""` where it takes none. */
  readonly operands: string;
  readonly options: Options;
  /** Does it. Results go to stdout, anything else to stderr. */
  readonly run: (values: Values<Options>, operands: string[]) => ExitCode | Promise<ExitCode>;
}

/** Takes a value where `value` names one (`FORMAT`), else it is there or not. */
export interface Option {
  readonly value?: string;
  readonly help: string;
  /** What the value may be, if not anything. */
  readonly choices?: readonly string[];
  readonly default?: string;
  /** Whether it may be given more than once; the values are a list then. */
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

/** Runs `command` on this process's arguments and sets its exit code. */
export async function main<const Options extends Record<string, Option>>(
  command: Command<Options>,
): Promise<void> {
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
  process.exitCode = await attempt(command, process.argv.slice(2));
}

async function attempt<Options extends Record<string, Option>>(
  command: Command<Options>,
  args: string[],
): Promise<ExitCode> {
  const { name, operands, options } = command;
  try {
    if (args.includes("--help") || args.includes("-h")) {
      process.stdout.write(help(command));
      return 0;
    }
    const parsed = parse(options, args, operands !== "");
    return await command.run(parsed.values as Values<Options>, parsed.positionals);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isBug =
      ["TypeError", "ReferenceError", "RangeError"].includes(error.name) && !("code" in error);
    process.stderr.write(`${isBug ? error.stack : error.message}\n`);
    if (isUsage(error)) process.stderr.write(`See: npm run ${name} -- --help\n`);
    return 2;
  }
}

function parse(options: Record<string, Option>, args: string[], allowPositionals: boolean) {
  const types = Object.entries(options).map(([name, option]) => {
    const type = option.value === undefined ? ("boolean" as const) : ("string" as const);
    if (option.many) return [name, { type, multiple: true, default: [] }];
    return [name, option.default === undefined ? { type } : { type, default: option.default }];
  });
  const parsed = parseArgs({ args, allowPositionals, options: Object.fromEntries(types) });
  const values: Record<string, unknown> = parsed.values;
  for (const [name, { choices }] of Object.entries(options)) {
    const value = values[name];
    if (choices && value !== undefined && !choices.includes(String(value))) {
      throw new UsageError(`Cannot use --${name} "${value}": it must be ${list(choices)}`);
    }
  }
  return parsed;
}

/** The command was called in a way it does not understand. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

function isUsage(error: Error): boolean {
  return (
    error instanceof UsageError ||
    ("code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"))
  );
}

function help({
  name,
  summary,
  operands,
  options,
}: Omit<Command<Record<string, Option>>, "run">): string {
  const lines = Object.entries({ ...options, help: { help: "shows this" } as Option }).map(
    ([option, { value, help: text, choices, default: standard }]) => {
      const left = `  --${option}${value === undefined ? "" : ` ${value}`}`;
      const allowed = choices ? `: ${list(choices)}` : "";
      return `${left.padEnd(22)}  ${text}${allowed}${standard ? ` (default: ${standard})` : ""}`;
    },
  );
  const usage = `npm run ${name} -- [OPTION…]${operands === "" ? "" : ` ${operands}`}`;
  const exits =
    "Exits with 0 when done, 1 when the input has problems or the outcome is refused, 2 on wrong usage.";
  return `${summary}\n\nUsage: ${usage}\n\n${lines.join("\n")}\n\n${exits}\n`;
}

function list(words: readonly string[]): string {
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
