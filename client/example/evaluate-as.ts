/** A form for an id and attributes, and what each flag gives to this caller and why. */
import type { Condition, Definitions } from "../../schema/evaluate/definition.ts";
import type { RuleFlags } from "../rules.ts";
import type { DefinitionStore } from "./definitions.ts";

/** Whom the page shows flags for before anything is entered. */
export const firstCaller = { targetingKey: "person-1" };

type Caller = Record<string, string | number | boolean>;

export function showEvaluateAs(
  flags: RuleFlags,
  definitions: DefinitionStore,
  setCaller: (caller: Caller) => void,
): void {
  const form = document.querySelector("#caller") as HTMLFormElement;
  const rows = document.querySelector("#evaluations") as HTMLElement;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => setCaller(readContext(form, definitions.current())));
  flags.subscribe(show);
  definitions.subscribe(show);

  function show(): void {
    addFields(form, definitions.current());
    const names = Object.keys(flags.all()).sort();
    const isStatic = (name: string) => flags.peek(name, undefined).reason === "STATIC";
    // Those that depend on the caller come first.
    names.sort((a, b) => Number(isStatic(a)) - Number(isStatic(b)));
    rows.replaceChildren(
      ...names.map((name) => {
        const { value, variant, reason, rule } = flags.peek<unknown>(name, undefined);
        const row = document.createElement("tr");
        const head = document.createElement("th");
        head.scope = "row";
        head.textContent = name;
        const because = rule === undefined ? reason : `${reason}, ${rule}`;
        const texts = [JSON.stringify(value), variant ?? "", because];
        row.append(head, ...texts.map(createCell));
        row.dataset.isOn = String(value !== false);
        return row;
      }),
    );
  }
}

function createCell(text: string): HTMLElement {
  const cell = document.createElement("td");
  cell.textContent = text;
  return cell;
}

/** A field for the id, and for each attribute that a definition asks about. */
function addFields(form: HTMLFormElement, definitions: Definitions): void {
  for (const name of ["targetingKey", ...Object.keys(findAttributes(definitions)).sort()]) {
    if (form.elements.namedItem(name)) continue;
    const input = document.createElement("input");
    input.name = name;
    input.autocomplete = "off";
    input.spellcheck = false;
    if (name === "targetingKey") input.value = firstCaller.targetingKey;
    const label = document.createElement("label");
    label.append(name === "targetingKey" ? "id (targetingKey)" : name, input);
    form.append(label);
  }
}

/** Attributes of rules, audiences and buckets, with a value of the type that they are compared with. */
function findAttributes({ flags, audiences = {} }: Definitions): Record<string, unknown> {
  const all = Object.values(flags);
  const conditions: Condition[] = [
    ...all.flatMap(({ rules = [] }) => rules.flatMap((rule) => rule.if)),
    ...Object.values(audiences).flat(),
  ];
  const compared = conditions.filter(([, operator]) => operator !== "is");
  const buckets = all.flatMap(({ bucket = "targetingKey" }) => [[bucket, ""]]);
  return Object.fromEntries([
    ...buckets.filter(([name]) => name !== "targetingKey"),
    ...compared.map(([name, , operand]) => [name, Array.isArray(operand) ? operand[0] : operand]),
  ]);
}

/** The entered values, each with the type of its attribute. An empty field is a missing attribute. */
function readContext(form: HTMLFormElement, definitions: Definitions): Caller {
  const attributes = findAttributes(definitions);
  const caller: Caller = {};
  for (const [name, value] of new FormData(form)) {
    const text = String(value);
    const type = typeof attributes[name];
    if (text === "") continue;
    if (type === "number") caller[name] = Number(text);
    else caller[name] = type === "boolean" ? text === "true" : text;
  }
  return caller;
}
