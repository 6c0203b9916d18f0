/**
 * A command as the user can call it, for help and hints: `bunting plan`, `npx bunting plan`, or
 * `npm run plan --`. npm says by environment variables how this one was called.
 */
export function commandLine(
  name: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const { npm_command: command = "", npm_lifecycle_event: script, npm_package_name: owner } = env;
  if (!fromNpm.has(command)) return `bunting ${name}`;
  // Only this project has a script for each command.
  const isScript = command !== "exec" && (script === name || owner === "bunting");
  if (!isScript) return `npx bunting ${name}`;
  return name === "start" ? "npm start --" : `npm run ${name} --`;
}

const fromNpm = new Set(["exec", "run", "run-script", "start"]);

/**
 * A text of `schema`, `store` or `server`, which write `run: bunting NAME`, with the command as the user can
 * call it. JSON, annotations and comments keep the text: their readers did not call this command.
 */
export function withCommandLines(text: string): string {
  return text.replace(/(?<=: |")bunting ([a-z]+)(?=( --)|$)/gm, (_, name, options = "") => {
    const line = commandLine(name);
    return options === "" ? line.replace(/ --$/, "") : line;
  });
}
