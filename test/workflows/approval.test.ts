import { expect, test } from "vitest";
import { propose } from "../github/proposal.ts";
import type { Run } from "./runner/run.ts";
import { conclusionsOf } from "./site/conclusions.ts";
import { pulled, reviewed } from "./site/events.ts";
import { flags } from "./site/origin.ts";
import { startSite } from "./site/site.ts";

const file = "flags/nutrition/recipe_import.yaml";
const on = flags[file].replace("enabled: false", "enabled: true");

test("the requester of a proposal cannot approve it, and somebody else can", {
  timeout: 400_000,
}, async () => {
  const site = await startSite();
  const { github, origin } = site;
  const issue = propose(origin.work, github, { [file]: on }, { requester: "ada" });
  const status = () => github.status(issue.pull?.sha ?? "", "Approval");
  const review = async (login: string): Promise<Run[]> => {
    github.review(issue, login, "APPROVED");
    return site.happen(reviewed(github, issue));
  };

  const opened = await site.happen(pulled(github, issue, "opened"));
  expect(conclusionsOf(opened)).toMatchObject({ Validate: "success", Approval: "success" });
  expect(status()?.state).toBe("pending");

  const runs = await review("ada");
  expect(conclusionsOf(runs)).toEqual({ Review: "success", Approval: "success" });
  expect(status()).toMatchObject({
    state: "failure",
    description: expect.stringContaining("own approval: somebody other than ada,"),
    target_url: expect.stringContaining("/actions/runs/"),
  });
  const [trigger, approval] = runs;
  expect(Object.values(trigger?.jobs ?? {}).map(({ permissions }) => permissions)).toEqual([
    { contents: "read" },
  ]);
  expect(approval?.jobs.approval?.permissions).toEqual({
    ...{ contents: "read", "pull-requests": "read", statuses: "write" },
  });

  await review("grace");
  expect(status()?.state).toBe("success");
});
