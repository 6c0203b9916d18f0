/** The output of a step for the runner: by files, and by lines of stdout. */

/** The contents of `GITHUB_OUTPUT` or `GITHUB_ENV`: `name=value`, or over several lines `name<<END … END`. */
export function parseFile(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = text.split("\n");
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    if (line === "") continue;
    const [, name = "", sign, rest = ""] = /^([^=<]+)(=|<<)(.*)$/.exec(line) ?? [];
    if (sign === "=") values[name] = rest;
    else if (sign === "<<") {
      const end = lines.indexOf(rest);
      if (end < 0) throw new Error(`Cannot read "${name}": no line "${rest}" ends it`);
      values[name] = lines
        .splice(0, end + 1)
        .slice(0, -1)
        .join("\n");
    } else throw new Error(`Cannot read "${line}": wanted NAME=VALUE or NAME<<END`);
  }
  return values;
}

/** An annotation on a line of a file, which reviewers see in the pull request. */
export interface Annotation {
  readonly severity: string;
  readonly file?: string;
  readonly line?: string;
  readonly col?: string;
  readonly title?: string;
  readonly message: string;
}

export function parseAnnotations(log: string): Annotation[] {
  return [...log.matchAll(/^::(error|warning|notice)( [^:]*)?::(.*)$/gm)].map(
    ([, severity = "", properties = "", message = ""]) => {
      const pairs = properties.trim().split(",").filter(Boolean);
      const named = pairs.map((pair) => {
        const [name = "", ...value] = pair.split("=");
        return [name, plain(value.join("="))];
      });
      return { severity, ...Object.fromEntries(named), message: plain(message) };
    },
  );
}

function plain(text: string): string {
  const named: Record<string, string> = { "0D": "\r", "0A": "\n", "3A": ":", "2C": ",", "25": "%" };
  return text.replace(/%(0D|0A|3A|2C|25)/g, (_, code) => named[code] ?? "");
}
