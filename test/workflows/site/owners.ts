/** GitHub's CODEOWNERS: for a path, the owners on the last line that matches it. */
export interface OwnerLine {
  readonly pattern: string;
  readonly owners: readonly string[];
}

export function parseOwners(text: string): OwnerLine[] {
  return text.split("\n").flatMap((line) => {
    const [pattern = "", ...owners] = line.replace(/#.*/, "").trim().split(/\s+/);
    return pattern === "" ? [] : [{ pattern, owners }];
  });
}

export function ownersOf(lines: readonly OwnerLine[], file: string): readonly string[] {
  return lines.findLast(({ pattern }) => matches(pattern, file))?.owners ?? [];
}

/** The patterns in use here: `*`, `/folder/`, `/folder/*` (not below it), `/file`. */
export function matches(pattern: string, file: string): boolean {
  if (pattern === "*") return true;
  if (!/^\/[\w./-]+(?:\/\*)?$/.test(pattern)) {
    throw new Error(`Cannot read the pattern "${pattern}": wanted *, /folder/, /folder/* or /file`);
  }
  const path = `/${file}`;
  if (pattern.endsWith("/")) return path.startsWith(pattern);
  if (!pattern.endsWith("/*")) return path === pattern;
  const folder = pattern.slice(0, -1);
  return path.startsWith(folder) && !path.slice(folder.length).includes("/");
}
