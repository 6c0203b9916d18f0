import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type CommitKeys, parseCommitKeys } from "../schema/change/commit-signature.ts";
import { describeOutcome, findDueSteps, nextStepTime } from "../schema/flag/schedule.ts";
import { timestamp } from "../schema/flag/snapshot.ts";
import { pluralize } from "../schema/text/show.ts";
import { readGit } from "../store/git/git.ts";
import { MissingBranchError } from "../store/remote/remote.ts";
import { RemoteBranch } from "../store/remote/remote-branch.ts";
import { Signer } from "../store/remote/signer.ts";
import { applySteps, type StepResult } from "../store/schedule/apply-steps.ts";
import { FlagStore } from "../store/writes/flag-store.ts";
import { defineCommand, UsageError } from "./command/command.ts";
import { shared } from "./command/options.ts";
import { addOutput, addStepSummary, printProblem } from "./command/report.ts";
import { note } from "./command/stderr.ts";

export const command = defineCommand({
  name: "schedule",
  summary:
    "Apply the scheduled steps that are due: each is a commit in the name of the person who wrote it. Push to the remote, and change nothing in the clone. A server applies steps itself.",
  operands: "",
  options: {
    remote: {
      value: "URL",
      help: "the remote to change (default: FLAGS_REMOTE, then the remote origin of --repo)",
    },
    branch: { value: "NAME", help: "the branch that holds the flags", default: "main" },
    repo: shared.repo,
    "dry-run": shared["dry-run"],
    format: shared.format,
  },
  details: `Environment variables:

  FLAGS_REMOTE        the remote, with credentials if it needs any
  FLAGS_COMMIT_KEY    the key of the servers, so that the history shows these commits as theirs
  FLAGS_SIGNING_KEY   path of an ssh key that signs commits
`,
  async run({ remote, branch, repo, format, ...options }) {
    const url = remote ?? (process.env.FLAGS_REMOTE || (await originOf(repo)));
    const directory = mkdtempSync(path.join(tmpdir(), "bunting-schedule-"));
    try {
      note(`Reading the branch ${branch}`);
      const clone = await RemoteBranch.open(path.join(directory, "clone.git"), url, branch);
      const store = await openStore(clone).catch((error: unknown) => {
        if (!(error instanceof MissingBranchError)) throw error;
        throw new Error(`${error.message}\n  hint: --branch names the branch that holds the flags`);
      });
      const { problems } = store.health;
      if (problems.length > 0 || !store.current) {
        const lines = problems.map(printProblem).join("\n");
        note(`${lines}\nCannot apply steps: the head of the branch is not valid`);
        return 1;
      }
      const due = findDueSteps(store.current.snapshot.flags, Date.now());
      const isDry = options["dry-run"] === true;
      if (!isDry && due.length > 0) note(`Applying ${pluralize(due.length, "step")}`);
      const results = isDry
        ? due.map((step): Outcome => ({ ...step, status: "due" }))
        : await applySteps(store, clone.directory, due);
      await store.close();
      process.stdout.write(
        format === "json" ? formatJson(store, results) : formatText(store, results, isDry),
      );
      if (results.length > 0 && !isDry)
        addStepSummary(results.map((result) => `- ${formatResult(result)}`).join("\n"));
      if (results.some(({ status }) => status === "committed")) addOutput("commit", store.head);
      return results.some(({ status }) => status === "invalid") ? 1 : 0;
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
});

/** A step that is due, with its result. */
type Outcome = Omit<StepResult, "status"> & { readonly status: StepResult["status"] | "due" };

async function openStore(clone: RemoteBranch): Promise<FlagStore> {
  const { FLAGS_COMMIT_KEY: keys, FLAGS_SIGNING_KEY: signingKey } = process.env;
  // Without a key nobody can verify the signature; the commit then counts as any other commit.
  const commitKeys: CommitKeys = keys
    ? parseCommitKeys(keys, "FLAGS_COMMIT_KEY")
    : [randomBytes(32).toString("hex")];
  const signer = signingKey ? await Signer.open(signingKey) : undefined;
  return FlagStore.open(clone, { acceptRemote: true, commitKeys, signer });
}

async function originOf(repo: string): Promise<string> {
  const url = await readGit(repo, ["config", "--get", "remote.origin.url"]).catch(() => "");
  if (url.trim() !== "") return url.trim();
  throw new UsageError(
    `Cannot find the remote of "${repo}": it has no remote origin; name one with --remote or FLAGS_REMOTE`,
  );
}

function formatText(store: FlagStore, results: readonly Outcome[], isDry: boolean): string {
  const count = (wanted: Outcome["status"]) =>
    pluralize(results.filter(({ status }) => status === wanted).length, "step");
  const done = isDry ? `${count("due")} due` : `${count("committed")} applied`;
  const next = nextOf(store);
  const then = next === null ? "no step is left" : `the next one is due at ${next}`;
  return `${[...results.map(formatResult), `${done}, ${then}`].join("\n")}\n`;
}

function formatResult(result: Outcome): string {
  const { flag, block, step, status, commit = "", faults = [] } = result;
  const what = `${flag} in ${block}: ${describeOutcome(step)} at ${step.at}`;
  const ends: Readonly<Record<string, string>> = {
    due: "is due",
    committed: `applied by ${commit.slice(0, 12)}`,
    repeated: `was applied before by ${commit.slice(0, 12)}; delete it from the file if it came back`,
    invalid: `cannot be applied: ${faults.join("; ")}`,
  };
  return `${what}: ${ends[status] ?? "is not there any more"}`;
}

function formatJson(store: FlagStore, results: readonly Outcome[]): string {
  const steps = results.map(({ flag, block, step, status, commit, faults }) => {
    return { flag, environment: block, ...step, status, commit, faults };
  });
  return `${JSON.stringify({ head: store.head, steps, next: nextOf(store) }, null, 2)}\n`;
}

function nextOf(store: FlagStore): string | null {
  const next = nextStepTime(store.current?.snapshot.flags ?? [], Date.now());
  return next === undefined ? null : timestamp(next / 1_000);
}
