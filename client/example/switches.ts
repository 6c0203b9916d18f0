/** A switch for each flag, in plain DOM code. Each change is a commit. */
import type { Flags } from "../core/types.ts";
import { changeFlag } from "./change-flag.ts";
import type { DefinitionStore } from "./definitions.ts";

export function showSwitches(
  flags: Flags,
  definitions: DefinitionStore,
  token: string | undefined,
): void {
  const list = document.querySelector("#switches") as HTMLElement;
  const hint = document.querySelector("#hint") as HTMLElement;
  const switches = new Map<string, HTMLInputElement>();
  /** Definitions of flags that are off do not have the percentage that they return to. */
  const rollouts = new Map<string, number>();
  hint.textContent = token
    ? "Each change is a commit, and reaches every open page at once."
    : "Open the page with its token to turn flags on and off.";

  const show = () => {
    const all = flags.all();
    for (const [name, gone] of switches) if (!(name in all)) remove(name, gone);
    for (const name of Object.keys(all).sort()) {
      const input = switches.get(name) ?? add(name);
      const definition = definitions.current().flags[name];
      input.checked = definition?.enabled ?? all[name] ?? false;
      const { enabled, rollout = 100 } = definition ?? {};
      if (enabled) rollouts.set(name, rollout);
      (input.previousSibling as HTMLElement).textContent = rollout < 100 ? `${rollout} %` : "";
    }
  };
  flags.subscribe(show);
  definitions.subscribe(show);

  function add(name: string): HTMLInputElement {
    const input = document.createElement("input");
    input.type = "checkbox";
    input.role = "switch";
    input.setAttribute("aria-label", name);
    input.disabled = token === undefined;
    input.addEventListener("change", () => void turn(name, input));
    const label = document.createElement("label");
    const title = document.createElement("span");
    title.textContent = name;
    label.append(title, document.createElement("small"), input);
    const item = document.createElement("li");
    item.append(label);
    list.append(item);
    switches.set(name, input);
    return input;
  }

  function remove(name: string, input: HTMLInputElement): void {
    input.closest("li")?.remove();
    switches.delete(name);
  }

  async function turn(name: string, input: HTMLInputElement): Promise<void> {
    input.ariaBusy = "true";
    const rollout = input.checked ? rollouts.get(name) : undefined;
    const change = { enabled: input.checked, ...(rollout !== undefined && { rollout }) };
    const problem = await changeFlag(name, change, token);
    if (!problem) await flags.refresh();
    input.ariaBusy = null;
    if (problem) hint.textContent = problem;
    show();
  }
}
