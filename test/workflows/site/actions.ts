/** Replacements of the actions that the workflows use. */
import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { TestRepository } from "../../git/repository.ts";
import type { S3Server } from "../../s3/server.ts";
import type { Action } from "../runner/host.ts";

export interface Attested {
  readonly file: string;
  readonly sha256: string;
}

export interface Stage {
  readonly bare: TestRepository;
  /** `OWNER/NAME` on GitHub. */
  readonly repository: string;
  readonly s3: S3Server;
  /** A role that trusts the environment `production` of this repository. */
  readonly role: string;
  readonly attested: Attested[];
}

export function fakeActions(stage: Stage): Record<string, Action> {
  return {
    "actions/checkout": checkout(stage),
    "actions/setup-node": setupNode,
    "aws-actions/configure-aws-credentials": assumeRole(stage),
    "actions/attest-build-provenance": attest(stage),
  };
}

const branches = "+refs/heads/*:refs/remotes/origin/*";

/**
 * A clone at the event's commit or at `ref`, in `path`, with the given depth. It has a branch only after
 * a push to one.
 */
function checkout({ bare, repository }: Stage): Action {
  return (inputs, { workspace, github, permissions }) => {
    if (permissions.contents === undefined)
      throw new Error("Cannot check out: contents: read is missing");
    if (inputs.repository !== undefined && inputs.repository !== repository)
      throw new Error(`Cannot check out "${inputs.repository}": there is only "${repository}"`);
    const [ref, sha] = [String(github.ref), inputs.ref ?? String(github.sha)];
    const directory = path.join(workspace, inputs.path ?? ".");
    mkdirSync(directory, { recursive: true });
    const clone = new TestRepository(directory);
    clone.git("init", "--quiet", "--template=", "--initial-branch=main");
    const remote = `[remote "origin"]\n\turl = file://${bare.directory}\n\tfetch = ${branches}\n`;
    appendFileSync(path.join(directory, ".git/config"), remote);
    const isWhole = inputs["fetch-depth"] === "0";
    const whole = [branches, "+refs/tags/*:refs/tags/*"];
    clone.git("fetch", "--quiet", "origin", ...(isWhole ? whole : ["--depth=1"]), sha);
    const branch = inputs.ref === undefined ? /^refs\/heads\/(.*)/.exec(ref)?.[1] : undefined;
    const where = branch === undefined ? ["--detach", sha] : ["-B", branch, sha];
    clone.git("checkout", "--quiet", ...where);
    return undefined;
  };
}

/** Does nothing: the steps use the Node that runs the tests. */
const setupNode: Action = (inputs) => {
  if (!/^\d+\.\d+\.\d+$/.test(inputs["node-version"] ?? ""))
    throw new Error(`Cannot set up Node "${inputs["node-version"]}": wanted one version`);
  return undefined;
};

/** The keys of the S3 double, for a job with the permission `id-token` in the environment that the role trusts. */
function assumeRole({ s3, role }: Stage): Action {
  return (inputs, { permissions, environment, github, exportVariable }) => {
    const mayIdentify = permissions["id-token"] === "write";
    const isTrusted = environment === "production" && github.ref === "refs/heads/main";
    if (!mayIdentify || !isTrusted || inputs["role-to-assume"] !== role) {
      throw new Error("Not authorized to perform sts:AssumeRoleWithWebIdentity");
    }
    exportVariable("AWS_REGION", inputs["aws-region"] ?? "");
    exportVariable("AWS_ACCESS_KEY_ID", s3.credentials.accessKeyId);
    exportVariable("AWS_SECRET_ACCESS_KEY", s3.credentials.secretAccessKey);
    // The real action does not set this: the URL of the S3 double, instead of AWS.
    exportVariable("AWS_ENDPOINT_URL_S3", s3.endpoint);
    return undefined;
  };
}

function attest({ attested }: Stage): Action {
  return (inputs, { workspace, permissions }) => {
    const isAllowed = ["id-token", "attestations"].every((area) => permissions[area] === "write");
    if (!isAllowed)
      throw new Error("Cannot attest: id-token: write or attestations: write is missing");
    const file = path.join(workspace, inputs["subject-path"] ?? "");
    if (!statSync(file).isFile()) throw new Error(`Cannot attest "${file}": it is no file`);
    const sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
    attested.push({ file: path.relative(workspace, file), sha256 });
    return undefined;
  };
}
