/** When a provider for servers reads its source. */
import { beforeEach, expect, test, vi } from "vitest";
import { DefinitionsFeed } from "../../../client/provider/feed.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});

/** A feed of a source that fails while `isUp` is false. Collects the seconds at which it is read. */
async function startFeed({ backsOff = true, refreshSeconds = 60, isUp = false } = {}) {
  const closing = new AbortController();
  const reads: number[] = [];
  const source = { name: "a source", isUp, duration: 0 };
  let announce = () => {};
  const began = Date.now();
  const feed = new DefinitionsFeed({
    source: {
      name: source.name,
      async read() {
        reads.push(Math.round((Date.now() - began) / 1_000));
        await new Promise((resolve) => setTimeout(resolve, source.duration));
        if (!source.isUp) throw new Error("The source is down");
        return { text: '{"flags":{}}', version: "" };
      },
    },
    environment: undefined,
    refreshSeconds,
    backsOff,
    copy: undefined,
    follow: (onChange) => {
      announce = onChange;
    },
    onUpdate: () => {},
  });
  const started = feed.start(closing.signal);
  await vi.advanceTimersByTimeAsync(0);
  await started;
  return { feed, source, reads, closing, announce: () => announce() };
}

test("after failures the pause doubles from one second to five minutes", async () => {
  const { feed, reads, source } = await startFeed();
  await vi.advanceTimersByTimeAsync(1_111_500);
  expect(reads).toEqual([0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811, 1_111]);
  expect(feed.failure).toBe("The source is down");
  source.isUp = true;
  await vi.advanceTimersByTimeAsync(300_000);
  expect(feed.failure).toBeUndefined();
  reads.length = 0;
  await vi.advanceTimersByTimeAsync(180_000);
  expect(reads).toHaveLength(3);
});

test.each([0, 3_600])(
  "with refreshSeconds %s the pause after failures is not longer",
  async (refreshSeconds) => {
    const { reads } = await startFeed({ refreshSeconds });
    await vi.advanceTimersByTimeAsync(1_111_500);
    expect(reads.slice(-3)).toEqual([511, 811, 1_111]);
  },
);

test("the first pause after a failure is not longer than refreshSeconds", async () => {
  const { reads } = await startFeed({ refreshSeconds: 0.25 });
  await vi.advanceTimersByTimeAsync(7_800);
  // After 0.25, 0.75, 1.75, 3.75 and 7.75 seconds.
  expect(reads).toEqual([0, 0, 1, 2, 4, 8]);
});

test("a directory is read at the same interval after a failure", async () => {
  const { reads } = await startFeed({ backsOff: false, refreshSeconds: 1 });
  await vi.advanceTimersByTimeAsync(5_500);
  expect(reads).toEqual([0, 1, 2, 3, 4, 5]);
});

test("pauses differ by 10 % in both directions", async () => {
  vi.mocked(Math.random).mockReturnValueOnce(0).mockReturnValueOnce(0.999);
  const { reads } = await startFeed({ isUp: true });
  await vi.advanceTimersByTimeAsync(121_000);
  expect(reads).toEqual([0, 54, 120]);
});

test.each([0, -1, Number.NaN, 1e9])(
  "refreshSeconds %s reads only what is announced",
  async (refreshSeconds) => {
    const { reads, announce } = await startFeed({ isUp: true, refreshSeconds });
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect(reads).toEqual([0]);
    announce();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reads).toEqual([0, 86_400]);
  },
);

test("an announced change is read at once, and once more if it comes during an attempt", async () => {
  const { reads, source, announce } = await startFeed({ isUp: true });
  await vi.advanceTimersByTimeAsync(10_000);
  source.duration = 2_000;
  announce();
  await vi.advanceTimersByTimeAsync(1_000);
  announce();
  announce();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(reads).toEqual([0, 10, 12]);
});

test("nothing is read after `closing` is aborted, and no timer is left", async () => {
  const { reads, closing } = await startFeed({ isUp: true });
  closing.abort();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(reads).toEqual([0]);
  expect(vi.getTimerCount()).toBe(0);
});
