import { definedFlags, toDefinitions } from "../schema/definitions/definitions.ts";
import type { Context } from "../schema/evaluate/context.ts";
import type { Definitions } from "../schema/evaluate/definition.ts";
import { evaluate } from "../schema/evaluate/evaluate.ts";
import type { Project } from "../schema/project/project.ts";
import { projectFile, rootEnvironment } from "../schema/project/project.ts";
import { isMapping } from "../schema/text/json.ts";
import { shortId } from "../schema/text/show.ts";
import { didYouMean, nearestOrAll } from "../schema/text/suggest.ts";
import { Repository } from "../store/snapshot/repository.ts";
import { wholeNumber } from "./command/checks.ts";
import { defineCommand, UsageError } from "./command/command.ts";
import { shared } from "./command/options.ts";
import { readSnapshot } from "./command/read-snapshot.ts";
import { writeResult } from "./command/report.ts";
import { note } from "./command/stderr.ts";
import { noteUncommitted } from "./command/uncommitted.ts";

export const command = defineCommand({
  name: "evaluate",
  summary: "Evaluate a flag for a caller: print value, variant, reason and the rule that decided.",
  operands: "NAME",
  options: {
    environment: { value: "NAME", help: "the environment (default: the first of bunting.yaml)" },
    context: {
      value: "JSON",
      help: 'what is known about the caller, like \'{"targetingKey":"u1","country":"SE"}\'',
      default: "{}",
    },
    sample: { value: "COUNT", help: "evaluate for so many invented ids, and print percentages" },
    at: shared.at,
    repo: shared.repo,
    format: shared.format,
  },
  async run({ environment: named, context: text, sample, at: revision, repo, format }, operands) {
    const [name, ...others] = operands;
    if (name === undefined || others.length > 0)
      throw new UsageError(`Cannot evaluate ${operands.length} flags: name one`);
    const context = parseContext(text);
    const size = sample === undefined ? undefined : wholeNumber("sample", sample, 1, 10_000_000);

    const repository = await Repository.open(repo);
    const snapshot = await readSnapshot(repository, revision);
    if (!snapshot) return 1;
    const environment = named ?? rootEnvironment(snapshot.project);
    const { environments } = snapshot.project;
    if (!environments.includes(environment)) {
      const hint = nearestOrAll(environment, environments);
      throw new UsageError(`Cannot find the environment "${environment}": ${hint}`);
    }
    noteAttributes(context, snapshot.project);
    if (revision === "HEAD") await noteUncommitted(repository, snapshot.commit, "evaluated");
    const definitions = toDefinitions(definedFlags(environment, snapshot));
    if (!Object.hasOwn(definitions.flags, name)) {
      const hint = didYouMean(name, Object.keys(definitions.flags));
      const at = shortId(snapshot.commit);
      note(`Cannot find a flag "${name}" at ${at}${hint ? `; ${hint}` : ""}`);
      return 1;
    }
    if (size !== undefined) {
      const shares = sampleShares(definitions, name, context, size);
      const lines = shares.map(({ variant, percent }) => `${variant}  ${percent} %`);
      writeResult(format, shares, lines.join("\n"));
      return 0;
    }
    const { value, variant, reason, rule } = evaluate(definitions, name, context);
    const decided = rule === undefined ? {} : { rule };
    const answer = { name, environment, value, variant, reason, ...decided };
    const lines = Object.entries(answer).map(([key, one]) => {
      return `${key}:`.padEnd(13) + (typeof one === "string" ? one : JSON.stringify(one));
    });
    writeResult(format, answer, lines.join("\n"));
    return 0;
  },
});

/** How many of `size` invented ids get each variant, in percent with at most two decimals. */
function sampleShares(
  definitions: Definitions,
  name: string,
  context: NonNullable<Context>,
  size: number,
) {
  const counts = new Map<string, number>();
  for (let id = 0; id < size; id++) {
    const caller = { ...context, targetingKey: `sample-${id}` };
    const { variant = "" } = evaluate(definitions, name, caller);
    counts.set(variant, (counts.get(variant) ?? 0) + 1);
  }
  return [...counts].map(([variant, count]) => {
    return { variant, percent: Math.round((count / size) * 10_000) / 100 };
  });
}

function parseContext(text: string): NonNullable<Context> {
  try {
    const context: unknown = JSON.parse(text);
    if (isMapping(context)) return context as NonNullable<Context>;
  } catch {
    // Shown on the next lines.
  }
  throw new UsageError(`Cannot read --context ${text}: it must be a JSON object`);
}

/** How a context in JSON writes a value of each type. */
const jsonTypes = { string: "string", version: "string", number: "number", boolean: "boolean" };

/** Says on stderr which attributes no rule can ask about, and which have another type than declared. */
function noteAttributes(context: NonNullable<Context>, { attributes }: Project): void {
  for (const [name, value] of Object.entries(context)) {
    if (name === "targetingKey") continue;
    const type = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    if (type === undefined) {
      const hint = didYouMean(name, Object.keys(attributes));
      const also = hint ? `; ${hint}` : "";
      note(`Note: the attribute "${name}" is not declared in ${projectFile}${also}`);
    } else if (typeof value !== jsonTypes[type]) {
      note(`Note: the attribute "${name}" is a ${type}, not ${JSON.stringify(value)}`);
    }
  }
}
