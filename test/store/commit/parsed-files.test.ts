import { expect, test } from "vitest";
import { Cache } from "../../../store/commit/cache.ts";
import { ParsedFiles } from "../../../store/commit/parsed-files.ts";
import { temporaryDirectory } from "../../git/repository.ts";

test("ParsedFiles keeps the contents in use, and removes old ones", () => {
  const cache = new Cache(temporaryDirectory());
  const contents = new ParsedFiles(cache);
  const content = { content: { findings: [] }, size: 1 };
  const stays = Array.from({ length: 10 }, (_, index) => `stays-${index}`);
  for (let commit = 0; commit < 5_000; commit += 1) {
    for (const object of [...stays, `once-${commit}`]) {
      if (!contents.get(object)) contents.set(object, content);
    }
    // Without writing to the disk, which would take most of the test's time.
    if (commit % 100 === 99) contents.save();
  }
  const kept = (cache.read("contents") as [string, unknown][]).map(([object]) => object);
  expect(kept).toEqual(expect.arrayContaining([...stays, "once-4999"]));
  expect(kept.length).toBeLessThan(1_400);
});
