import { expect, test, vi } from "vitest";
import { createFlags } from "../../client/flags.ts";
import { json, list, startSource } from "./source.ts";

test("createFlags() answers at once, then from the source", async () => {
  await using source = await startSource(json(list({ meal_planning: true })));
  const flags = createFlags({ url: source.url });
  try {
    expect(flags.state).toEqual({ status: "loading", age: null, reason: null });
    expect(flags.isEnabled("meal_planning")).toBe(false);
    await flags.ready;
    expect(flags.isEnabled("meal_planning")).toBe(true);
    expect(flags.isEnabled("constructor")).toBe(false);
    expect(flags.state).toEqual({ status: "ready", age: 0, reason: null });

    const heard = vi.fn();
    flags.subscribe(heard);
    source.answer = json(list({ meal_planning: false }, 2));
    await flags.refresh();
    expect(heard).toHaveBeenCalledTimes(1);
    expect(flags.all()).toEqual({ meal_planning: false });
  } finally {
    flags.close();
  }
});
