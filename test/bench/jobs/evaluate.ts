/** `evaluate.ts`: evaluations of our evaluator and of flagd-core, by turns, on the same flags and callers. */
import { FlagdCore, MemoryStorage } from "@openfeature/flagd-core";
import { type DefinedFlags, toDefinitions } from "../../../schema/definitions/definitions.ts";
import { compileFlagd } from "../../../schema/definitions/flagd.ts";
import type { Definition } from "../../../schema/evaluate/definition.ts";
import { evaluate } from "../../../schema/evaluate/evaluate.ts";
import { Stopwatch } from "../measure/cost.ts";

const [evaluations = ""] = process.argv.slice(2);
const times = Number(evaluations);
const silent = { error() {}, warn() {}, info() {}, debug() {} };

const definitions: Readonly<Record<string, Definition>> = {
  plain: { enabled: true },
  percentage: { enabled: true, rollout: 10 },
  rules: {
    enabled: true,
    rollout: 10,
    rules: [
      { name: "old apps cannot show it", if: [["app_version", "<", "4.2.0"]], rollout: 0 },
      {
        name: "nordic beta",
        if: [
          ["country", "in", ["SE", "DK", "NO"]],
          ["plan", "not", ["clinic"]],
        ],
        rollout: 60,
      },
    ],
  },
  variants: {
    enabled: true,
    rollout: 20,
    variants: [
      ["green", "#00aa77"],
      ["orange", "#dd5500"],
    ],
  },
};

const defined: DefinedFlags = {
  environment: "application",
  audiences: new Map(),
  flags: Object.entries(definitions).map(([name, definition]) => ({
    name,
    description: undefined,
    owner: undefined,
    private: false,
    definition,
  })),
};
const document = toDefinitions(defined);
const storage = new MemoryStorage(silent);
storage.setConfigurations(compileFlagd(defined), true);
const core = new FlagdCore(storage, silent);

const callers = Array.from({ length: 1_000 }, (_, at) => ({
  targetingKey: `user-${at}`,
  country: ["SE", "DE", "US"][at % 3] ?? "",
  plan: at % 2 === 0 ? "family" : "clinic",
  app_version: `4.${at % 7}.0`,
}));
type Caller = (typeof callers)[number];

const engines: Readonly<Record<string, (name: string, caller: Caller) => unknown>> = {
  bunting: (name, caller) => evaluate(document, name, caller).variant,
  "flagd-core": (name, caller) =>
    name === "variants"
      ? core.resolveStringEvaluation(name, "", caller).variant
      : core.resolveBooleanEvaluation(name, false, caller).variant,
};

const stopwatch = new Stopwatch();
for (const name of Object.keys(definitions)) {
  for (const [engine, answer] of Object.entries(engines)) {
    count(answer, name, times / 10);
    await stopwatch.time(`${name}: ${engine}`, () => count(answer, name, times));
  }
  const [ours = -1, theirs = -2] = Object.values(engines).map((answer) =>
    count(answer, name, 1_000),
  );
  if (ours !== theirs) throw new Error(`Cannot compare "${name}": ${ours} and ${theirs} differ`);
}
console.log(JSON.stringify(stopwatch.costs));

/** The number of evaluations with another value than `off` or the first variant. */
function count(
  answer: (name: string, caller: Caller) => unknown,
  name: string,
  times: number,
): number {
  let inside = 0;
  for (let time = 0; time < times; time++) {
    const variant = answer(name, callers[time % callers.length] as Caller);
    if (variant === "on" || variant === "orange") inside += 1;
  }
  return inside;
}
