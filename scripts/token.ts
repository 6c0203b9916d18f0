import { randomBytes } from "node:crypto";
import { type Role, roles, tokenEntry } from "../schema/access/tokens.ts";
import { identity } from "../schema/change/commit-message.ts";
import { isDate } from "../schema/text/date.ts";
import { readWorkTreeProject } from "../store/snapshot/work-tree.ts";
import { defineCommand, UsageError } from "./command/command.ts";

export const command = defineCommand({
  name: "token",
  summary:
    "Makes an API token, and the line for it in the tokens file. The token is shown this once.",
  operands: "",
  options: {
    name: { value: "NAME", help: "whose it is: the author of the commits made with it" },
    role: { value: "ROLE", help: "what it may do", choices: roles },
    email: { value: "ADDRESS", help: "the author's address (default: one made of the name)" },
    expires: { value: "DAY", help: "the day from which it is refused, YYYY-MM-DD" },
    flags: {
      value: "PATTERNS",
      help: "the flags it may change, comma-separated; * stands for anything",
    },
    environments: { value: "NAMES", help: "the environments it is for, comma-separated" },
    repo: { value: "PATH", help: "the work tree of the flags", default: "." },
    format: { value: "FORMAT", help: "output format", choices: ["text", "json"], default: "text" },
  },
  run({ name, role, email, expires, flags, environments: only, repo, format }) {
    if (!name || !role) throw new UsageError("Cannot make a token: --name and --role are needed");
    if (expires !== undefined && !isDate(expires)) {
      throw new UsageError(`Cannot use --expires "${expires}": it must be a day as YYYY-MM-DD`);
    }
    // Outside of a repository of flags, the environments are not known.
    const { project, entries } = readWorkTreeProject(repo);
    const environments = entries.length === 0 ? undefined : project?.environments;
    const unknown = list(only)?.filter((name) => environments?.includes(name) === false) ?? [];
    if (environments && unknown.length > 0) {
      const known = environments.join(", ");
      throw new UsageError(`Cannot use --environments "${unknown.join(",")}": known are ${known}`);
    }
    const id =
      name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^-|-$/g, "") || "token";
    const { token, entry } = tokenEntry(randomBytes(24), {
      id,
      name: identity(name, id),
      email: email ?? `${id}@bunting.example`,
      role: role as Role,
      flags: list(flags),
      environments: list(only),
      expires,
    });
    process.stdout.write(
      format === "json"
        ? `${JSON.stringify({ token, entry })}\n`
        : `${token}\n\nFor the tokens file:\n${JSON.stringify(entry)}\n`,
    );
    return 0;
  },
});

function list(text: string | undefined): string[] | undefined {
  return text
    ?.split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
