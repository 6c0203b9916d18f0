/** What is asked of a flag beyond its shape: one small function each, under the sentence it enforces. */
import { type FlagFile, isOn, normalize } from "../flag/flag.ts";
import { positionAt } from "../problem/position.ts";
import type { Finding } from "../problem/problem.ts";
import { type Project, rootEnvironment } from "../project/project.ts";
import { type Discovery, findCredentials, findPersonalData } from "../text/personal-data.ts";
import { codePoint, invisible } from "./decode.ts";
import { escapePointer, type Source } from "./parse.ts";

export function checkFlag(flag: FlagFile, source: Source, project: Project): Finding[] {
  return checks.flatMap((check) => check(flag, source, project));
}

/** A check of a file that has the right shape. */
type Check = (flag: FlagFile, source: Source, project: Project) => Finding[];

const checks: readonly Check[] = [
  /** Whoever is on call reads in a sentence what the flag does. */
  function hasDescription({ description = "" }, source) {
    if (description.trim() !== "") return [];
    const message = "Says nothing about what the flag does";
    const hint = 'add "description: " and a sentence that someone on call understands';
    return [{ ...valueAt(source, "/description"), code: "missing-description", message, hint }];
  },

  /** There is a team to ask. */
  function hasOwner({ owner }, source) {
    if (owner !== undefined) return [];
    const message = "Names no owner";
    const hint = 'add "owner: " and the team to ask';
    return [{ ...valueAt(source, "/owner"), code: "missing-owner", message, hint }];
  },

  /** A flag goes when its time is over. */
  function isNotExpired({ expires }, source) {
    if (expires === undefined) return [];
    const message = `Should have been gone by ${expires}`;
    const hint = "remove it from the code, then here; or agree on a new day";
    const { line, column } = valueAt(source, "/expires");
    return [{ line, column, code: "expired", message, hint, since: expires }];
  },

  /** An experiment ends on a day that is known when it begins. */
  function experimentEnds({ type, expires }, source) {
    if (type !== "experiment" || expires !== undefined) return [];
    const message = "Is an experiment without an end";
    const hint = 'add "expires: " and the day on which it is decided';
    return [{ ...valueAt(source, "/type"), code: "experiment-without-end", message, hint }];
  },

  /** A kill switch is there for the day nobody planned. */
  function killSwitchStays({ type, expires }, source) {
    if (type !== "kill_switch" || expires === undefined) return [];
    const message = "Is a kill switch with an end";
    const hint = 'delete "expires", or make it a release flag';
    return [{ ...valueAt(source, "/expires"), code: "kill-switch-with-end", message, hint }];
  },

  /** A flag that is on in the last environment of the order is not switched off in the one before. */
  function followsTheOrder(flag, source, project) {
    const [last, earlier] = [...project.order].reverse();
    if (last === undefined || earlier === undefined) return [];
    const normal = normalize("", flag, project);
    if (!isOn(normal, last) || isOn(normal, earlier)) return [];
    const message = `Is on in ${last} but off in ${earlier}`;
    const hint = `turn it on in ${earlier} as well, so that ${earlier} shows what people get`;
    const isRoot = (environment: string) => environment === rootEnvironment(project);
    const blocks = [earlier, last].map((one) => (isRoot(one) ? "" : `/environments/${one}`));
    const block = blocks.find((pointer) => source.offsets.has(`${pointer}/enabled`)) ?? "";
    const place = valueAt(source, `${block}/enabled`);
    return [{ ...place, code: "enabled-out-of-order", message, hint }];
  },

  /** Nobody can be reached or recognised through a flag. */
  function holdsNoPersonalData(_flag, source) {
    return texts(source).flatMap(([pointer, text]) =>
      kinds(findPersonalData(text)).map((what) => {
        const message = `Cannot publish ${what} in "${pointer.slice(1)}"`;
        const hint = "flags are public: name the team or the reason instead";
        return { ...valueAt(source, pointer), code: "personal-data", message, hint } as const;
      }),
    );
  },

  (_flag, source) => holdsNoCredential(source),

  /** What a reviewer reads is what clients get, escapes included. */
  function showsItsText(_flag, source) {
    return texts(source).flatMap(([pointer, text]): Finding[] => {
      const place = valueAt(source, pointer);
      const hint = "delete the escape sequence";
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      const [control] = /[\0-\x08\x0b-\x1f\x7f-\x9f]/.exec(text) ?? [];
      if (control !== undefined) {
        const message = `Cannot publish the control character ${codePoint(control)} in "${pointer.slice(1)}"`;
        return [{ ...place, code: "control-character", message, hint }];
      }
      const [hidden] = invisible.exec(text) ?? [];
      if (hidden === undefined || source.text.includes(hidden)) return [];
      const message = `Cannot publish the invisible character ${codePoint(hidden)} in "${pointer.slice(1)}"`;
      return [{ ...place, code: "invisible-character", message, hint }];
    });
  },
];

/** No credential is kept in git, a comment included, or one that escapes spell. */
export function holdsNoCredential(source: Source): Finding[] {
  const hint = "revoke it now, then delete it: it stays in the history of git";
  const written = findCredentials(source.text).map(({ what, at }): Finding => {
    const message = `Cannot keep ${what} here`;
    return { ...positionAt(source.text, at), code: "credential", message, hint };
  });
  const said = new Set(written.map(({ message }) => message));
  const spelt = texts(source).flatMap(([pointer, text]) =>
    kinds(findCredentials(text)).map((what): Finding => {
      const message = `Cannot keep ${what} here`;
      return { ...valueAt(source, pointer), code: "credential", message, hint };
    }),
  );
  return [...written, ...spelt.filter(({ message }) => !said.has(message))];
}

/** The free texts of a flag, by pointer. */
function texts({ value }: Source): [string, string][] {
  const { description, owner, metadata = {} } = value as FlagFile;
  const found = Object.entries(metadata).map(([key, text]): [string, string] => [
    `/metadata/${escapePointer(key)}`,
    text,
  ]);
  if (description !== undefined) found.push(["/description", description]);
  if (owner !== undefined) found.push(["/owner", owner]);
  return found;
}

/** What was found, each once: of all in one text the place is the same. */
function kinds(discoveries: readonly Discovery[]): string[] {
  return [...new Set(discoveries.map(({ what }) => what))];
}

function valueAt({ text, offsets }: Source, pointer: string) {
  return positionAt(text, offsets.get(pointer)?.value ?? offsets.get("")?.value ?? 0);
}
