import { expect, test, vi } from "vitest";
import { createMemoryFlags } from "../../client/memory.ts";

test("createMemoryFlags() returns the values and calls listeners after set()", () => {
  const flags = createMemoryFlags({ meal_planning: true });
  expect(flags.isEnabled("meal_planning")).toBe(true);
  const listener = vi.fn();
  const stop = flags.subscribe(listener);
  const before = flags.all();
  flags.set("meal_planning", true);
  expect(listener).not.toHaveBeenCalled();
  expect(flags.all()).toBe(before);
  flags.set("meal_planning", false);
  expect(listener).toHaveBeenCalledTimes(1);
  expect(flags.isEnabled("meal_planning")).toBe(false);
  expect(flags.all()).toEqual({ meal_planning: false });
  stop();
  flags.set("meal_planning", true);
  expect(listener).toHaveBeenCalledTimes(1);
});

test("createMemoryFlags() returns the fallback for unknown flags", async () => {
  const flags = createMemoryFlags();
  expect(flags.isEnabled("constructor")).toBe(false);
  expect(flags.isEnabled("beta", true)).toBe(true);
  expect(flags.state).toEqual({ status: "ready", age: 0, reason: null });
  await flags.ready;
  await flags.refresh();
});
