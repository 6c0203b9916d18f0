import { positionAt } from "../problem/position.ts";
import type { Finding } from "../problem/problem.ts";
import type { Source } from "../yaml/parse.ts";

/** The keys of a flag whose own keys people choose. */
const places = new Set(["metadata", "variants"]);
const reserved = new Set(["__proto__", "constructor", "prototype"]);

/** Applications merge the mappings that they get, and these keys then replace what JavaScript finds there. */
export function checkReservedKeys({ text, offsets }: Source): Finding[] {
  return [...offsets].flatMap(([pointer, { key }]): Finding[] => {
    const [, place = "", ...inside] = pointer.split("/");
    const name = inside.at(-1);
    if (key === undefined || name === undefined || !places.has(place) || !reserved.has(name))
      return [];
    const message = `Cannot use "${name}" as a key in "${place}": it is reserved`;
    return [
      { ...positionAt(text, key), code: "reserved-name", message, hint: "choose another name" },
    ];
  });
}
