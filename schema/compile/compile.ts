import { type DefinedFlags, definedFlags } from "../definitions/definitions.ts";
import type { Snapshot } from "../flag/snapshot.ts";
import { type Environments, rootEnvironment } from "../project/project.ts";
import { compareText } from "../text/order.ts";
import { errorResponses } from "./error-responses.ts";
import { type FlagBlock, sortIntoBlocks } from "./flag-blocks.ts";
import { type Output, outputs } from "./outputs.ts";
import { readBackList } from "./read-back.ts";
import { type Release, type Response, respond } from "./release.ts";
import {
  type DefinitionOutput,
  definitionOutputs,
  isPathOf,
  outputPath,
  parsePath,
  pathOf,
  showsDecisions,
} from "./urls.ts";

/**
 * Every response of a snapshot. The same snapshot gives the same bytes in any order of its flags. The
 * parts of each flag are cached with its object. The next snapshot has the same objects for flags that
 * did not change, so only changed flags and the lists are compiled again.
 */
export function compile(snapshot: Snapshot): Release {
  const { project, commit, committed_at, updated_at } = snapshot;
  const { environments } = project;
  const blocks = sortIntoBlocks(project, snapshot.flags);
  const sections = environments.flatMap((environment, index) => {
    const defined = project.publish.definitions ? definedFlags(environment, snapshot) : undefined;
    return [
      ...(defined
        ? definitionOutputs.map((output) => [compileDefined(project, output, defined)])
        : []),
      [compileList(project, index, blocks, updated_at)],
      ...blocks.map(({ responses }) => responses[index] ?? []),
    ];
  });
  // No path of another section is between the paths of one.
  const sorted = [...sections, errorResponses].sort(([a], [b]) =>
    compareText(a?.path ?? "", b?.path ?? ""),
  );
  // `concat` copies arrays, which `flat` does one response at a time.
  const responses = ([] as Response[]).concat(...sorted);
  return { commit, committed_at, environments, responses };
}

/** An output that says how the flags of an environment are decided. */
function compileDefined(
  project: Environments,
  output: DefinitionOutput,
  flags: DefinedFlags,
): Response {
  return respond(outputPath(project, flags.environment, output), output.compile(flags));
}

/**
 * An output that shows rules, by its path: the bytes that would be published, for projects that do
 * not publish them. `undefined` for any other path.
 */
export function compileUnpublished(
  snapshot: Pick<Snapshot, "project" | "flags" | "audiences">,
  path: string,
): Response | undefined {
  const { project } = snapshot;
  const resource = isPathOf(project, path) ? parsePath(path) : undefined;
  if (!resource) return undefined;
  const output: Output = outputs[resource.kind];
  if (!showsDecisions(output)) return undefined;
  const environment = resource.folder || rootEnvironment(project);
  return compileDefined(project, output, definedFlags(environment, snapshot));
}

/** The list of the environment at a position. */
function compileList(
  project: Environments,
  index: number,
  blocks: readonly FlagBlock[],
  updated_at: string,
): Response {
  const environment = project.environments[index] ?? "";
  const empty = JSON.stringify({ environment, flags: {}, updated_at });
  // The entries were read back one by one, so the whole is a list if the rest of it is one.
  readBackList(empty, environment, 0);
  const [head = "", tail = ""] = empty.split('"flags":{}');
  const entries = blocks.map((block) => block.entries[index]).join(",");
  return respond(pathOf(project, environment), `${head}"flags":{${entries}}${tail}`);
}
