import type { Workflow } from "../runner/workflow.ts";
import type { TriggerEvent } from "./events.ts";

/** Whether an event starts a workflow. */
export function starts({ on }: Workflow, { name, ref, payload }: TriggerEvent): boolean {
  const filter = on[name];
  if (filter === undefined) return false;
  const list = (key: string) => filter?.[key] as readonly unknown[] | undefined;
  if (name === "push") return list("branches")?.includes(ref.replace("refs/heads/", "")) ?? true;
  if (name !== "workflow_run") return true;
  const { workflow_run: run } = payload as { workflow_run: { name: string } };
  return (
    list("workflows")?.includes(run.name) === true && list("types")?.includes("completed") === true
  );
}

/** The given inputs, or their defaults; a missing required one is refused, as on GitHub. */
export function inputsOf(
  { on }: Workflow,
  { name, inputs = {} }: TriggerEvent,
): Record<string, unknown> {
  const wanted = (on[name]?.inputs ?? {}) as Record<
    string,
    { required?: boolean; default?: unknown }
  >;
  return Object.fromEntries(
    Object.entries(wanted).map(([input, { required, default: standard }]) => {
      const value = inputs[input] ?? standard;
      if (required && value === undefined) throw new Error(`Cannot run: "${input}" is missing`);
      return [input, value ?? ""];
    }),
  );
}
