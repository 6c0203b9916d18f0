/** A flag that makes the list larger than clients can read is refused before there is a commit. */
import { expect, test } from "vitest";
import { listBytes, maxListBytes } from "../../../schema/flag/list-size.ts";
import { defaultProject } from "../../../schema/project/project.ts";
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
    ...{ head: "0".repeat(40), project: defaultProject, audiences: [], time: 1_790_000_000 },
    ...{ flags: () => flags, sign: (message: string) => message },
  };
  const refused = decideWrite(write(create(name(20_000), false, "Add it")), undefined, context);
  expect(refused).toMatchObject({
    result: {
      status: "invalid",
      faults: [
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
