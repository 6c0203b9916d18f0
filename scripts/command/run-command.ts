/** Runs a command on its arguments: options, `--help`, exit codes and error messages. */
import { Command as Commander, CommanderError, Option as CommanderOption } from "commander";
import { type AnyCommand, type ExitCode, type Option, UsageError } from "./command.ts";
import { commandLine, withCommandLines } from "./command-line.ts";
import { note } from "./stderr.ts";

/** Runs `command` on this process's arguments and sets its exit code. */
export async function main(command: AnyCommand): Promise<void> {
  process.exitCode = await runCommand(command, process.argv.slice(2));
}

export async function runCommand(command: AnyCommand, args: readonly string[]): Promise<ExitCode> {
  // If the reader closes the pipe early (`| head`), that is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
  try {
    const parser = createParser(command);
    if (args.includes("--help") || args.includes("-h")) {
      process.stdout.write(parser.helpInformation());
      return 0;
    }
    const { values, operands } = parse(parser, command, args);
    return await command.run(values, operands);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    note(formatFailure(error, command));
    return 2;
  }
}

function createParser({ name, summary, operands, options, details = "" }: AnyCommand): Commander {
  const parser = new Commander(commandLine(name))
    .description(summary)
    .usage(operands === "" ? "[options]" : `[options] ${operands}`)
    .helpOption("-h, --help", "show this help")
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .argument("[operands...]")
    .configureHelp({ visibleArguments: () => [] });
  for (const [option, declaration] of Object.entries(options)) {
    parser.addOption(toCommanderOption(option, declaration));
  }
  const help = parser.helpInformation();
  parser.helpInformation = () =>
    `${help}${details === "" ? "" : `\n${withCommandLines(details)}`}\n${exitCodes}\n`;
  return parser;
}

export const exitCodes =
  "Exit codes: 0 done; 1 the input has problems or the outcome is refused; 2 wrong usage or environment";

function toCommanderOption(name: string, { value, help, choices, many, ...rest }: Option) {
  const option = new CommanderOption(`--${name}${value === undefined ? "" : ` <${value}>`}`, help);
  if (choices) option.choices(choices);
  if (many) {
    option.default([], "none").argParser((text, before: string[]) => [...before, text]);
  } else if (rest.default !== undefined) option.default(rest.default);
  return option;
}

function parse(
  parser: Commander,
  { name, operands, options }: AnyCommand,
  args: readonly string[],
) {
  parser.parse(args, { from: "user" });
  if (operands === "" && parser.args.length > 0) {
    throw new UsageError(`Cannot use "${parser.args[0]}": ${name} takes options only`);
  }
  const values = parser.options.map((option) => {
    return [option.long?.slice("--".length), parser.getOptionValue(option.attributeName())];
  });
  const known = values.filter(([option]) => Object.hasOwn(options, option));
  return { values: Object.fromEntries(known), operands: parser.args };
}

function formatFailure(error: Error, { name }: AnyCommand): string {
  const isBug =
    ["TypeError", "ReferenceError", "RangeError"].includes(error.name) && !("code" in error);
  if (isBug) return error.stack ?? error.message;
  if (!(error instanceof CommanderError || error instanceof UsageError)) return error.message;
  const message = error.message
    .replace(/^error: /, "Cannot read the arguments: ")
    .replace(/\n\(Did you mean/, " (did you mean");
  return `${message}\n  hint: ${commandLine(name)} --help`;
}
