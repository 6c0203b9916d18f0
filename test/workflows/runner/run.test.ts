// biome-ignore-all lint/suspicious/noTemplateCurlyInString: GitHub's expressions look like it
import { describe, expect, test } from "vitest";
import { parseAnnotations, parseFile } from "./commands.ts";
import type { Host } from "./host.ts";
import { runWorkflow } from "./run.ts";
import { parseWorkflow } from "./workflow.ts";

const lent: { permissions: unknown; isLent: boolean }[] = [];
const host: Host = {
  github: { event_name: "push", ref: "refs/heads/main", sha: "abc", event: { number: 7 } },
  inputs: {},
  vars: { "": { COLOUR: "red", SIZE: "small" }, production: { COLOUR: "green" } },
  secrets: { KEY: "the secret" },
  isStrangers: false,
  actions: {
    "octo/add": ({ a, b }) => ({ sum: String(Number(a) + Number(b)) }),
    "octo/fail": () => {
      throw new Error("Cannot do it");
    },
    "octo/export": ({ name = "", value = "" }, { exportVariable }) => {
      exportVariable(name, value);
      return undefined;
    },
    "octo/see": (_, { permissions, environment }) => ({
      permissions: JSON.stringify(permissions),
      environment: String(environment),
    }),
  },
  env: { PATH: process.env.PATH ?? "" },
  source: { repository: "octo/flags", sha: "abc" },
  findReusable: (uses, source) => ({ workflow: parseWorkflow(reusable(uses)), source }),
  lend(permissions) {
    const one = { permissions, isLent: true };
    lent.push(one);
    return {
      token: "ghs_lent",
      end: () => {
        one.isLent = false;
      },
    };
  },
};

/** A workflow that other workflows call. */
function reusable(uses: string): string {
  return `
name: Called
on:
  workflow_call: { inputs: { who: { type: string, default: nobody } } }
permissions: {}
jobs:
  greet:
    runs-on: ubuntu-24.04
    permissions: { contents: read }
    steps:
      - env: { WHO: "\${{ inputs.who }}", FROM: "\${{ job.workflow_repository }}", KEY: "\${{ secrets.KEY }}" }
        run: echo "$WHO by ${uses} of $FROM, [$KEY]"
`;
}

/** Runs jobs, each given as its lines of YAML. */
function run(jobs: Readonly<Record<string, string>>, more: Partial<Host> = {}) {
  const text = Object.entries(jobs).map(
    ([id, job]) => `  ${id}:\n${job.replace(/^(?=.)/gm, "    ")}`,
  );
  const head =
    "name: Test\non: { push: }\npermissions: {}\ndefaults: { run: { shell: bash } }\njobs:\n";
  return runWorkflow(parseWorkflow(head + text.join("\n")), { ...host, ...more });
}

const job = (steps: string, more = "") =>
  `runs-on: ubuntu-24.04\npermissions: { contents: read }\n${more}${more && "\n"}steps:\n${steps}`;

describe("a job", () => {
  test("runs its steps in order, and passes outputs and variables to later steps", async () => {
    const { jobs, conclusion } = await run({
      one: job(
        `- { id: add, uses: octo/add@v1, with: { a: 1, b: "\${{ github.event.number }}" } }
- run: |
    echo "found=$SUM" >>"$GITHUB_OUTPUT"
    { echo "TEXT<<E"; printf 'two\\nlines\\n'; echo E; } >>"$GITHUB_ENV"
    echo "### $SUM" >>"$GITHUB_STEP_SUMMARY"
  id: write
  env: { SUM: "\${{ steps.add.outputs.sum }}" }
- run: echo "$TEXT, \${GITHUB_SHA}, $OF_JOB, \${SUM:-none}"`,
        'env: { OF_JOB: "${{ vars.COLOUR }}" }\noutputs: { found: "${{ steps.write.outputs.found }}" }',
      ),
    });
    expect(conclusion).toBe("success");
    expect(jobs.one).toMatchObject({
      result: "success",
      outputs: { found: "8" },
      log: "two\nlines, abc, red, none\n",
      summary: "### 8\n",
    });
  });

  test("with a matrix runs once for each value, and fails if one of them fails", async () => {
    const strategy = "strategy: { fail-fast: false, matrix: { size: [1, 2, 0] } }";
    const env = 'env: { SIZE: "${{ matrix.size }}" }';
    const { jobs } = await run({
      one: job('- run: echo "$SIZE"', `${strategy}\n${env}`),
      two: job('- run: exit "$SIZE"', `${strategy}\n${env}`),
    });
    expect(jobs.one).toMatchObject({ result: "success", log: "1\n2\n0\n" });
    expect(jobs.two?.result).toBe("failure");
  });

  test("stops at a failure, except steps with always() or failure()", async () => {
    const { jobs, conclusion } = await run({
      one: job(`- { name: a, run: "false | true" }
- { name: b, run: "true" }
- { name: c, if: failure(), run: "true" }
- { name: d, if: "\${{ always() }}", run: exit 3 }
- { name: e, if: "!cancelled() && steps.x.outcome != 'success'", run: "true" }`),
    });
    const outcomes = jobs.one?.steps.map(({ name, outcome }) => `${name} ${outcome}`);
    expect(outcomes).toEqual(["a failure", "b skipped", "c success", "d failure", "e success"]);
    expect(conclusion).toBe("failure");
  });

  test("continues after a step with continue-on-error, whose outcome is failure", async () => {
    const { jobs, conclusion } = await run({
      one: job(`- { id: try, uses: octo/fail@v1, continue-on-error: true }
- run: echo "$OUTCOME $CONCLUSION"
  env: { OUTCOME: "\${{ steps.try.outcome }}", CONCLUSION: "\${{ steps.try.conclusion }}" }`),
    });
    expect(jobs.one?.log).toBe("::error::Cannot do it\nfailure success\n");
    expect(conclusion).toBe("success");
  });

  test("prefers a variable of its step to an exported one, and that to its job's", async () => {
    const { jobs } = await run({
      one: job(
        `- { uses: octo/export@v1, with: { name: B, value: exported } }
- { uses: octo/export@v1, with: { name: C, value: exported } }
- { run: 'echo "$A $B $C"', env: { C: step } }`,
        "env: { A: job, B: job, C: job }",
      ),
    });
    expect(jobs.one?.log).toBe("job exported step\n");
  });

  test("gets the variables of its environment, and its token's permissions, until it ends", async () => {
    lent.length = 0;
    const steps = `- { id: see, uses: octo/see@v1 }
- { run: 'echo "$COLOUR $TOKEN"', env: { COLOUR: "\${{ vars.COLOUR }} \${{ vars.SIZE }}", TOKEN: "\${{ github.token }}" } }`;
    const more =
      "environment: { name: production }\noutputs: { permissions: '${{ steps.see.outputs.permissions }}' }";
    const { jobs } = await run({ one: job(steps, more) });
    expect(jobs.one?.log).toBe("green small ***\n");
    expect(jobs.one?.outputs.permissions).toBe('{"contents":"read"}');
    expect(lent).toEqual([{ permissions: { contents: "read" }, isLent: false }]);
  });
});

describe("jobs", () => {
  const well = job(
    '- { id: a, run: "echo x=1 >>$GITHUB_OUTPUT" }',
    "outputs: { x: '${{ steps.a.outputs.x }}' }",
  );
  const ill = job('- run: "false"');

  test("run after those they need, with their outputs", async () => {
    const { jobs } = await run({
      two: job(
        '- { run: "echo $X", env: { X: "${{ needs.one.outputs.x }} ${{ needs.one.result }}" } }',
        "needs: one\nif: needs.one.outputs.x == '1'",
      ),
      one: well,
    });
    expect(jobs.two?.log).toBe("1 success\n");
  });

  test("are skipped if a job that they need, at any distance, failed or was skipped", async () => {
    const { jobs, conclusion } = await run({
      one: ill,
      two: job('- run: "true"', "needs: [one]"),
      three: job('- run: "true"', "needs: two\nif: \"'yes' == 'yes'\""),
      four: job('- run: "true"', "needs: two\nif: failure()"),
      five: job('- run: "true"', "needs: two\nif: always() && needs.two.result == 'skipped'"),
      six: job('- run: "true"'),
    });
    const results = Object.entries(jobs).map(([id, { result }]) => `${id} ${result}`);
    expect(results.sort()).toEqual(
      [
        "one failure",
        "two skipped",
        "three skipped",
        "four success",
        "five success",
        "six success",
      ].sort(),
    );
    expect(conclusion).toBe("failure");
  });

  test("that need each other, or a missing job, do not run", async () => {
    const loop = { one: job("- run: a", "needs: two"), two: job("- run: a", "needs: one") };
    await expect(run(loop)).rejects.toThrow("wait for each other");
    await expect(run({ one: job("- run: a", "needs: two") })).rejects.toThrow();
  });
});

describe("a run for a fork", () => {
  const steps = `- run: echo "[$KEY]"
  env: { KEY: "\${{ secrets.KEY }}" }
- { id: see, uses: octo/see@v1 }`;
  const greedy = job(
    steps,
    "outputs: { permissions: '${{ steps.see.outputs.permissions }}' }",
  ).replace("contents: read", "contents: write, id-token: write, issues: read");

  test("gets no secret and writes nothing", async () => {
    const { jobs, refused } = await run({ one: greedy }, { isStrangers: true });
    expect(jobs.one?.log).toBe("[]\n");
    expect(jobs.one?.outputs.permissions).toBe('{"contents":"read","issues":"read"}');
    expect(refused).toEqual([
      "contents: write",
      "id-token: write",
      expect.stringContaining("secrets.KEY"),
    ]);
  });

  test("is one only if a fork's pull request started it", async () => {
    const { jobs, refused } = await run({ one: greedy });
    expect(jobs.one?.log).toBe("[the secret]\n");
    expect(jobs.one?.outputs.permissions).toContain('"id-token":"write"');
    expect(refused).toEqual([]);
  });
});

test.each([
  ["strategy: { max-parallel: 1 }\n", '"max-parallel" in a strategy'],
  ["services: {}\n", '"services" in a job'],
])("a workflow with %j is refused", (line, message) => {
  expect(() => run({ one: line + job("- run: a") })).toThrow(message);
});

test("parseFile() reads both forms, and refuses others", () => {
  expect(parseFile("a=1\nb=x=y\nc<<E_1\n\nd=2\nE_1\ne=\n")).toEqual({
    a: "1",
    b: "x=y",
    c: "\nd=2",
    e: "",
  });
  expect(() => parseFile("a<<E\nb\n")).toThrow('no line "E" ends it');
  expect(() => parseFile("nonsense\n")).toThrow("wanted NAME=VALUE");
});

test("parseAnnotations() reads positions and messages", () => {
  const log =
    "text\n::error file=a%2Cb.yaml,line=3,col=10,title=wrong-type::No%0AHint: 5%25\n::warning::w\n ::error::no";
  expect(parseAnnotations(log)).toEqual([
    {
      severity: "error",
      file: "a,b.yaml",
      line: "3",
      col: "10",
      title: "wrong-type",
      message: "No\nHint: 5%",
    },
    { severity: "warning", message: "w" },
  ]);
});

describe("a job that uses a workflow", () => {
  test("runs its jobs with inputs, and with secrets only if it passes them", async () => {
    const called = (more: string) => `uses: ./w.yml\npermissions: { contents: read }\n${more}`;
    const one = await run({ a: called("with: { who: ada }") });
    expect(one.jobs["a / greet"]?.log).toBe("ada by ./w.yml of octo/flags, []\n");
    expect(one.jobs.a?.result).toBe("success");
    const other = await run({ a: called("secrets: inherit") });
    expect(other.jobs["a / greet"]?.log).toBe("nobody by ./w.yml of octo/flags, [the secret]\n");
  });

  test("is refused if its jobs ask for more than it may do", async () => {
    await expect(run({ a: "uses: ./w.yml\npermissions: {}" })).rejects.toThrow(
      'Cannot call "./w.yml": the job lacks the permission contents: read',
    );
  });
});
