/** Settings of a new repository of flags. */
import { createInterface } from "node:readline";
import { parseProjectFile } from "../../schema/file/parsed-file.ts";
import { nameStyles } from "../../schema/project/name-pattern.ts";
import { checkOption } from "../command/checks.ts";
import { UsageError } from "../command/command.ts";

export interface Choices {
  /** The first is served at the root of the URLs. */
  readonly environments: readonly string[];
  readonly naming: Naming;
  /** Who reviews changes: `@acme/platform`; `""` if nobody is named yet. */
  readonly owner: string;
  readonly hook: boolean;
}

type Naming = keyof typeof nameStyles;
const knownStyles = Object.keys(nameStyles).join(" or ");

/** The values of the options; `undefined` for missing ones. */
export type InitOptions = Readonly<
  Record<"environments" | "naming" | "owner", string | undefined> &
    Record<"hook", boolean | undefined>
>;

const defaults = { environments: "application,staging,development", naming: "snake_case" };

/** The choices. Missing options are asked on the terminal if `ask` is given. Throws `UsageError` if one cannot be used. */
export async function resolveChoices(given: InitOptions, ask?: Ask): Promise<Choices> {
  const answer = async (value: string | undefined, question: string, standard: string) =>
    value ?? ((await ask?.(question, standard)) || standard);
  const environments = await answer(
    given.environments,
    "Environments, the one at the root of the URLs (production) first",
    defaults.environments,
  );
  const naming = await answer(given.naming, `Names of flags: ${knownStyles}`, defaults.naming);
  const owner = await answer(given.owner, "Who reviews changes, such as @acme/platform", "");
  const hook =
    given.hook ??
    /^y(es)?$/i.test((await ask?.("Check flags before each commit: yes or no", "no")) ?? "");
  return check(environments, naming, owner, hook);
}

export type Ask = (question: string, standard: string) => Promise<string>;

/** Asks on the terminal. Throws if the input ends (Ctrl+C or Ctrl+D) before the answer. */
export function askOnTerminal(): { readonly ask: Ask; readonly close: () => void } {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Unlike question(), it keeps lines that arrive before they are asked for, as pasted ones do.
  const lines = terminal[Symbol.asyncIterator]();
  return {
    async ask(question, standard) {
      const shown = standard === "" ? "" : ` (${standard})`;
      terminal.setPrompt(`${question}${shown}: `);
      terminal.prompt();
      const { value, done } = await lines.next();
      if (done) {
        throw new Error(
          "\nCannot ask for the choices: the input has ended; nothing was written\n  hint: give them as options, or use --yes",
        );
      }
      return value.trim();
    },
    close: () => terminal.close(),
  };
}

function check(environments: string, naming: string, owner: string, hook: boolean): Choices {
  const names = environments.split(",").map((name) => name.trim());
  const text = `environments: ${JSON.stringify(names)}\n`;
  const [problem] = parseProjectFile(Buffer.from(text)).findings;
  if (problem) {
    throw new UsageError(`Cannot use --environments "${environments}": ${problem.message}`);
  }
  checkOption(isNaming(naming), "naming", naming, knownStyles);
  const isOwner = /^(?:@[\w-]+(?:\/[\w.-]+)?)?$/.test(owner);
  checkOption(isOwner, "owner", owner, "@LOGIN or @ORGANISATION/TEAM");
  return { environments: names, naming, owner, hook };
}

function isNaming(text: string): text is Naming {
  return Object.hasOwn(nameStyles, text);
}
