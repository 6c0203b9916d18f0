/** A switch for each flag, in plain DOM code. Each change is a commit. */
import type { Flags } from "../types.ts";

export function showSwitches(flags: Flags, token: string | undefined): void {
  const list = document.querySelector("#switches") as HTMLElement;
  const hint = document.querySelector("#hint") as HTMLElement;
  const switches = new Map<string, HTMLInputElement>();
  hint.textContent = token
    ? "Each change is a commit, and reaches every open page at once."
    : "Open the page with its token to turn flags on and off.";

  const show = () => {
    const all = flags.all();
    for (const [name, gone] of switches) if (!(name in all)) remove(name, gone);
    for (const name of Object.keys(all).sort()) {
      const input = switches.get(name) ?? add(name);
      input.checked = flags.isEnabled(name);
    }
  };
  flags.subscribe(show);
  show();

  function add(name: string): HTMLInputElement {
    const input = document.createElement("input");
    input.type = "checkbox";
    input.role = "switch";
    input.disabled = token === undefined;
    input.addEventListener("change", () => void turn(name, input));
    const label = document.createElement("label");
    label.append(name, input);
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
    const answer = await fetch(`/api/v1/feature-flags/${name}`, {
      method: "PUT",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify({ enabled: input.checked }),
    }).catch(() => undefined);
    if (answer?.ok) await flags.refresh();
    input.ariaBusy = null;
    if (answer?.ok) return;
    hint.textContent = `Could not turn ${name}: ${answer ? `the server said ${answer.status}` : "the network is gone"}.`;
    show();
  }
}
