import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import type { GitHub } from "../../../store/github/github.ts";
import { PullRequests } from "../../../store/reviews/pull-requests.ts";
import type { FlagStore } from "../../../store/writes/flag-store.ts";
import type { Proposal } from "../../../store/writes/proposal.ts";

const store = {} as FlagStore;
const canonical = { full_name: "MealTrack/Flags" };
const pull = {
  ...{
    number: 7,
    state: "open",
    title: "Disable meal_planning",
    html_url: "https://github.example",
  },
  ...{ merged_at: null, merge_commit_sha: null, user: { login: "bunting" }, labels: [] },
  head: { ref: "bunting/meal_planning/disable-0123456789ab", repo: canonical },
  base: { ref: "main", repo: canonical },
};

/** The spelling in the settings: GitHub accepts any case, and answers with its own. */
function pullsWith(
  answer: () => Promise<unknown>,
  timeoutMs?: number,
  quota = { remainingShare: 1, resetSeconds: 60 },
): PullRequests {
  const list = async function* () {
    yield await answer();
  };
  const login = async () => "bunting";
  const github = { owner: "mealtrack", name: "mealtrack/flags", do: answer, list, login, quota };
  return new PullRequests(store, github as unknown as GitHub, "main", timeoutMs);
}

test("PullRequests.find() compares with GitHub's spelling of the repository", async () => {
  const pulls = pullsWith(async () => pull);
  expect(await pulls.find(7, false)).toMatchObject({ id: "7", flag: "meal_planning" });
});

test.each([
  ["of a fork", { head: { ...pull.head, repo: { full_name: "mallory/Flags" } } }],
  ["of a fork that is gone", { head: { ...pull.head, repo: null } }],
  ["for another branch", { base: { ...pull.base, ref: "topic" } }],
  ["of another branch", { head: { ...pull.head, ref: "topic" } }],
])("PullRequests.find() finds none %s", async (_what, other) => {
  const answer = async () => ({ ...pull, ...other }) as typeof pull;
  expect(await pullsWith(answer).find(7, false)).toBeUndefined();
});

test("PullRequests.find() leaves the rest of GitHub's quota to writes and to privileged callers", async () => {
  const pulls = pullsWith(async () => pull, undefined, { remainingShare: 0.1, resetSeconds: 90 });
  await expect(pulls.find(7, false)).rejects.toMatchObject({
    message: expect.stringContaining("reserved for writes"),
    retryAfter: 90,
  });
  expect(await pulls.find(7, true)).toMatchObject({ id: "7" });
});

describe("PullRequests.find()", () => {
  const list = async function* () {
    yield pull;
  };
  const base = { owner: "mealtrack", quota: { remainingShare: 1, resetSeconds: 60 }, list };

  test.each([
    ["reads an open pull request again after 5 s", pull, 2],
    ["reads one that is no proposal again", { ...pull, head: { ...pull.head, ref: "topic" } }, 2],
    ["reads a merged pull request once", { ...pull, state: "closed", merged_at: "2024-01-01" }, 1],
  ])("%s", async (_what, answer, times) => {
    const clock = vi.spyOn(performance, "now").mockReturnValue(1_000);
    try {
      const read = vi.fn(async () => answer);
      const pulls = new PullRequests(store, { ...base, do: read } as unknown as GitHub, "main");
      const find = async () => {
        // The cache reads the clock once a millisecond.
        await pause(5);
        await Promise.all([pulls.find(7, false), pulls.find(7, false)]);
      };
      await find();
      clock.mockReturnValue(5_999);
      await find();
      expect(read).toHaveBeenCalledTimes(1);
      clock.mockReturnValue(6_002);
      await find();
      expect(read).toHaveBeenCalledTimes(times);
    } finally {
      clock.mockRestore();
    }
  });

  test("keeps 1,000 answers", async () => {
    const clock = vi.spyOn(performance, "now").mockReturnValue(1_000);
    try {
      const read = vi.fn(async () => ({ ...pull, number: 5_000 }));
      const highest = async function* () {
        yield { ...pull, number: 5_000 };
      };
      const github = { ...base, list: highest, do: read } as unknown as GitHub;
      const pulls = new PullRequests(store, github, "main");
      const findOthers = async (count: number) => {
        for (let number = 1; number <= count; number++) await pulls.find(number, false);
        await pulls.find(5_000, false);
      };
      await findOthers(0);
      await findOthers(999);
      expect(read).toHaveBeenCalledTimes(1);
      await findOthers(1_000);
      expect(read).toHaveBeenCalledTimes(2);
    } finally {
      clock.mockRestore();
    }
  });

  test("does not keep a failure", async () => {
    const read = vi.fn(async () => pull).mockRejectedValueOnce(new Error("Cannot read"));
    const pulls = new PullRequests(store, { ...base, do: read } as unknown as GitHub, "main");
    await expect(pulls.find(7, false)).rejects.toThrow("Cannot read");
    expect(await pulls.find(7, false)).toMatchObject({ id: "7" });
  });
});

function proposal(number: number, actor = `actor-${number}`): Proposal {
  const requester = { actor: { id: actor, name: actor }, reason: "", requestId: "" };
  return { branch: `bunting/${number}`, requester } as Proposal;
}

const tooMany = "Cannot propose the change: too many wait for GitHub";

test("PullRequests.propose() accepts 50 that wait for GitHub; an equal request waits with the first", async () => {
  const pulls = pullsWith(() => new Promise(() => {}), 10);
  const waiting = Array.from({ length: 50 }, (_, number) => pulls.propose(proposal(number)));
  await expect(pulls.propose(proposal(50))).rejects.toThrow(tooMany);
  for (const late of [...waiting, pulls.propose(proposal(0))])
    await expect(late).rejects.toThrow("ask again");
});

test("PullRequests.propose() leaves half of the places to other actors", async () => {
  const pulls = pullsWith(() => new Promise(() => {}), 10);
  const ada = Array.from({ length: 25 }, (_, number) => pulls.propose(proposal(number, "ada")));
  await expect(pulls.propose(proposal(25, "ada"))).rejects.toThrow(tooMany);
  for (const late of [...ada, pulls.propose(proposal(26, "bob"))])
    await expect(late).rejects.toThrow("ask again");
});

test("PullRequests.propose() does not use a pull request of another account", async () => {
  const branch = "bunting/meal_planning/disable-0123456789ab";
  const pulls = pullsWith(async () => [{ ...pull, user: { login: "mallory" } }]);
  await expect(pulls.propose({ ...proposal(1), branch })).rejects.toThrow(
    "Cannot propose the change: #7 of mallory has its branch; close it first",
  );
});
