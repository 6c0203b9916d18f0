/** A hundred invented people, and which of them get a flag at a percentage that a slider chooses. */
import type { Definitions } from "../../schema/evaluate/definition.ts";
import { type Evaluation, evaluate } from "../../schema/evaluate/evaluate.ts";
import type { Flags } from "../core/types.ts";
import { changeFlag } from "./change-flag.ts";
import type { DefinitionStore } from "./definitions.ts";

/** People live in households of four, so that a flag with `bucket` shows what it does. */
const households = 25;
const householdSize = 4;

export function showWhoGetsIt(
  flags: Flags,
  definitions: DefinitionStore,
  token: string | undefined,
): void {
  const choice = document.querySelector("#share-flag") as HTMLSelectElement;
  const slider = document.querySelector("#share") as HTMLInputElement;
  const percentage = document.querySelector("#share-value") as HTMLOutputElement;
  const summary = document.querySelector("#share-summary") as HTMLElement;
  const commit = document.querySelector("#share-commit") as HTMLButtonElement;
  const dots = addPeople(document.querySelector("#people") as HTMLElement);
  /** What the slider was moved to, until it is committed. */
  let draft: number | undefined;

  choice.addEventListener("change", () => {
    draft = undefined;
    show();
  });
  slider.addEventListener("input", () => {
    draft = slider.valueAsNumber;
    show();
  });
  commit.addEventListener("click", () => void set());
  definitions.subscribe(show);

  function show(): void {
    const known = definitions.current();
    updateChoice(choice, known);
    const name = choice.value;
    const definition = known.flags[name];
    slider.disabled = !definition?.enabled;
    if (!definition) return;
    // Definitions of flags that are off do not have the percentage.
    const committed = definition.enabled ? (definition.rollout ?? 100) : slider.valueAsNumber;
    const rollout = draft ?? committed;
    slider.value = String(rollout);
    percentage.value = `${rollout} %`;
    commit.textContent = `Commit ${rollout} %`;
    commit.disabled = token === undefined || rollout === committed;

    const tried = { ...known, flags: { ...known.flags, [name]: { ...definition, rollout } } };
    const people = dots.map((_, index) => evaluatePerson(tried, name, index));
    const variants = definition.variants?.map(([variant]) => variant) ?? ["on"];
    for (const [index, dot] of dots.entries()) {
      const { variant = "" } = people[index] ?? {};
      dot.dataset.variant = isInside(people[index]) ? String(variants.indexOf(variant)) : "none";
    }
    summary.textContent = definition.enabled
      ? summarize(people, definition.variants ? variants : undefined)
      : "The flag is off: nobody gets it";
  }

  async function set(): Promise<void> {
    const name = choice.value;
    const problem = await changeFlag(name, { rollout: slider.valueAsNumber }, token);
    if (problem) {
      summary.textContent = problem;
      return;
    }
    await flags.refresh();
    draft = undefined;
    show();
  }
}

function addPeople(parent: HTMLElement): HTMLElement[] {
  return Array.from({ length: households }).flatMap(() => {
    const household = document.createElement("span");
    const people = Array.from({ length: householdSize }, () => document.createElement("i"));
    household.className = "household";
    household.append(...people);
    parent.append(household);
    return people;
  });
}

/** The flags with a percentage or variants, and the chosen one; all flags if there is none. */
function updateChoice(choice: HTMLSelectElement, { flags }: Definitions): void {
  const all = Object.keys(flags).sort();
  const gradual = all.filter((name) => {
    const { rollout, variants } = flags[name] ?? {};
    return rollout !== undefined || variants || name === choice.value;
  });
  const names = gradual.length > 0 ? gradual : all;
  const shown = [...choice.options].map(({ value }) => value);
  if (names.join() === shown.join()) return;
  const { value } = choice;
  choice.replaceChildren(...names.map((name) => new Option(name, name)));
  if (names.includes(value)) choice.value = value;
}

function evaluatePerson(definitions: Definitions, name: string, index: number): Evaluation {
  const { bucket } = definitions.flags[name] ?? {};
  const household = `household-${Math.floor(index / householdSize) + 1}`;
  const person = { targetingKey: `person-${index + 1}` };
  return evaluate(definitions, name, bucket ? { ...person, [bucket]: household } : person);
}

/** Whether a person gets the flag, or takes part in an experiment. */
function isInside(evaluation: Evaluation | undefined): boolean {
  return evaluation?.reason !== "DEFAULT" && evaluation?.value !== false;
}

function summarize(people: readonly Evaluation[], variants: readonly string[] | undefined): string {
  const inside = people.filter(isInside);
  if (!variants) return `${inside.length} of ${people.length} people get it`;
  const counts = variants.map((variant) => {
    const count = inside.filter((person) => person.variant === variant).length;
    return `${count} get ${variant}`;
  });
  return [...counts, `${people.length - inside.length} are outside`].join(", ");
}
