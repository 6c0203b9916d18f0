/** What `commandLine()` reads of this process. */
interface Caller {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The arguments after the program; the first one names the command. */
  readonly args: readonly string[];
}

/**
 * A command as the user called this one, for help and hints: `bunting plan`, `npx bunting plan`, or
 * `npm run plan --`. npm says which by environment variables.
 */
export function commandLine(
  name: string,
  { env, args }: Caller = { env: process.env, args: process.argv.slice(2) },
): string {
  const { npm_command: command = "", npm_lifecycle_event: script } = env;
  if (command === "exec") return `npx bunting ${name}`;
  // An npm script of another name, such as "deploy", contains `bunting plan` itself.
  const isOwnScript = npmScripts.has(command) && (script === name || script === args[0]);
  if (!isOwnScript) return `bunting ${name}`;
  return name === "start" ? "npm start --" : `npm run ${name} --`;
}

const npmScripts = new Set(["run", "run-script", "start"]);
