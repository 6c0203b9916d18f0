/** A write that makes a response larger than clients can read is refused before there is a commit. */
import { expect, test } from "vitest";
import { type FlagFile, normalize } from "../../../schema/flag/flag.ts";
import { defaultProject, normalizeProject } from "../../../schema/project/project.ts";
import { maxDefinitionsBytes } from "../../../schema/size/definitions-size.ts";
import { listBytes, maxListBytes } from "../../../schema/size/list-size.ts";
import { decideWrite } from "../../../store/writes/decide-write.ts";
import { flagOf } from "../../schema/snapshots.ts";
import { create, turn, write } from "./writing.ts";

const name = (at: number) => `flag_${String(at).padStart(59, "x")}`;
const names = Array.from({ length: 20_000 }, (_, at) => name(at));

/** As many flags as fit. */
function full() {
  let bytes = listBytes([], defaultProject);
  const fitting = names.filter((one) => {
    bytes += `"${one}":false,`.length;
    return bytes <= maxListBytes;
  });
  return fitting.map((one) => flagOf(one));
}

test("decideWrite() refuses a new flag for which the list has no space, and still updates others", () => {
  const flags = full();
  const context = {
    ...{
      head: "0".repeat(40),
      project: defaultProject,
      audiences: [],
      tests: new Map(),
      time: 1_790_000_000,
    },
    ...{ flags: () => flags, sign: (message: string) => message },
  };
  const refused = decideWrite(write(create(name(20_000), false, "Add it")), undefined, context);
  expect(refused).toMatchObject({
    result: {
      status: "invalid",
      errors: [
        {
          key: "name",
          code: "list-too-large",
          message: expect.stringContaining("at most 1,000,000"),
        },
      ],
    },
  });
  const [flag] = flags;
  if (!flag) throw new Error("Cannot test: there is no flag");
  const text = "description: ''\nenabled: true\n";
  expect(decideWrite(write(turn(flag.name, false)), { flag, text }, context)).toHaveProperty(
    "commit",
  );
  const fewer = { ...context, flags: () => flags.slice(2) };
  const created = decideWrite(write(create(name(20_000), false, "Add it")), undefined, fewer);
  expect(created).toHaveProperty("commit");
});

test("decideWrite() refuses to enable a flag for which definitions.json has no space, and still disables others", () => {
  const ids = Array.from({ length: 480 }, (_, at) => `${1_000 + at}-${"x".repeat(90)}`);
  const project = normalizeProject({ attributes: { country: "string" } } as never, "1");
  const rules = [{ name: "Testers", if: { country: ids }, enabled: true }];
  const large = (flag: string, enabled: boolean) => ({
    ...flagOf(flag),
    ...normalize(flag, { enabled, rollout: 10, rules } as FlagFile, project),
  });
  const bytes = JSON.stringify(large("a", true).decisions.application).length + 20;
  const count = Math.floor(maxDefinitionsBytes / bytes);
  const flags = Array.from({ length: count }, (_, at) => large(`large_${at}`, true));
  const off = large("off", false);
  const context = {
    ...{ head: "0".repeat(40), project, audiences: [], tests: new Map(), time: 1_790_000_000 },
    ...{ flags: () => [...flags, off], sign: (message: string) => message },
  };
  const textOf = (enabled: boolean) =>
    `enabled: ${enabled}\nrollout: 10\nrules:\n  - name: Testers\n    if:\n      country: [${ids.join(", ")}]\n    enabled: true\n`;
  const turned = (flag: typeof off, enabled: boolean, known = context) =>
    decideWrite(
      write({ ...turn(flag.name, enabled), ...(enabled ? { enabled, rollout: 10 } : {}) } as never),
      { flag, text: textOf(!enabled) },
      known,
    );
  expect(turned(off, true)).toMatchObject({
    result: {
      status: "invalid",
      errors: [{ code: "definitions-too-large", message: expect.stringContaining("16,000,000") }],
    },
  });
  const [first] = flags;
  if (!first) throw new Error("Cannot test: there is no flag");
  expect(turned(first, false)).toHaveProperty("commit");
  const fewer = { ...context, flags: () => [...flags.slice(2), off] };
  expect(turned(off, true, fewer)).toHaveProperty("commit");
});
