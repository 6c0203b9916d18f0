import { expect, test } from "vitest";
import { normalizeAudience } from "../../../schema/flag/audience.ts";
import { type FlagFile, isOn, normalize } from "../../../schema/flag/flag.ts";
import { linkFlags } from "../../../schema/flag/link.ts";
import type { Snapshot, TimedFlag } from "../../../schema/flag/snapshot.ts";
import { holdBack } from "../../../schema/plan/hold-back.ts";
import { normalizeProject } from "../../../schema/project/project.ts";

const at = "2026-01-01T00:00:00Z";
const project = normalizeProject({ environments: ["live"], attributes: { plan: "string" } }, "");

function snapshotOf(
  commit: string,
  files: Readonly<Record<string, FlagFile>>,
  hasStaff: boolean,
): Snapshot {
  const blob = { file: "flags/audiences/staff.yaml", object: "2" };
  const staff = normalizeAudience("staff", { if: { plan: "staff" } }, project, blob);
  const audiences = hasStaff ? [staff] : [];
  const flags = Object.entries(files).map(([name, file]): TimedFlag => {
    const facts = { file: `flags/a/${name}.yaml`, object: "1", created_at: at, updated_at: at };
    return { ...normalize(name, file, project), ...facts };
  });
  return {
    commit,
    committed_at: at,
    updated_at: at,
    flags: linkFlags(flags, audiences),
    audiences,
    project,
  };
}

const rules = [{ name: "staff", if: { audience: "staff" }, enabled: true }];
const cart: FlagFile = { enabled: true };
const pay: FlagFile = { enabled: true, requires: ["cart"] };

test("holdBack() keeps a removed flag with the audience that is gone", () => {
  const served = snapshotOf("old", { gift: { enabled: true, rollout: 5, rules } }, true);
  const next = snapshotOf("new", { cart }, false);
  const waiting = [{ flag: "gift", change: "removal", served: "old" }] as const;
  const { flags, audiences } = holdBack(next, waiting, new Map([["old", served]]));
  expect(flags.map(({ name }) => name)).toEqual(["cart", "gift"]);
  expect(audiences.map(({ name }) => name)).toEqual(["staff"]);
  expect(flags[1]?.decisions.live).toEqual(served.flags[0]?.decisions.live);
});

test("holdBack() computes the booleans of flags from the required flags that are served", () => {
  const served = snapshotOf("old", { cart: { enabled: false }, pay }, false);
  const next = snapshotOf("new", { cart, pay }, false);
  const waiting = [{ flag: "cart", change: "switch-on", served: "old" }] as const;
  const { flags } = holdBack(next, waiting, new Map([["old", served]]));
  expect(flags.map((flag) => [flag.name, isOn(flag, "live")])).toEqual([
    ["cart", false],
    ["pay", false],
  ]);
});
