/** What stands in for the actions that the workflows use. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { TestRepository, temporaryDirectory } from "../git/repository.ts";
import type { S3Server } from "../s3/server.ts";
import type { Action } from "./runner/run.ts";

export interface Attested {
  readonly file: string;
  readonly sha256: string;
}

export interface Stage {
  readonly bare: TestRepository;
  readonly s3: S3Server;
  /** The role whose trust is in the environment `production` of this repository. */
  readonly role: string;
  /** By run, then by name: a directory. */
  readonly artifacts: Map<string, Map<string, string>>;
  readonly attested: Attested[];
}

export function standIns(stage: Stage): Record<string, Action> {
  return {
    "actions/checkout": checkout(stage),
    "actions/setup-node": setupNode,
    "actions/upload-artifact": upload(stage),
    "actions/download-artifact": download(stage),
    "aws-actions/configure-aws-credentials": assumeRole(stage),
    "actions/attest-build-provenance": attest(stage),
  };
}

/** A clone at what the event is about, as deep as asked for, with a branch only where there was a push to one. */
function checkout({ bare }: Stage): Action {
  return (inputs, { workspace, github, permissions }) => {
    if (permissions.contents === undefined)
      throw new Error("Cannot check out: contents: read is missing");
    const [ref, sha] = [String(github.ref), String(github.sha)];
    const clone = new TestRepository(workspace);
    const fetch = (...what: string[]) => clone.git("fetch", "--quiet", "origin", ...what);
    clone.git("init", "--quiet", "--template=", "--initial-branch=main");
    clone.git("remote", "add", "origin", `file://${bare.directory}`);
    const isWhole = inputs["fetch-depth"] === "0";
    if (isWhole) fetch("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*");
    fetch(...(isWhole ? [] : ["--depth=1"]), sha);
    const branch = /^refs\/heads\/(.*)/.exec(ref)?.[1];
    const where = branch === undefined ? ["--detach", sha] : ["-B", branch, sha];
    clone.git("checkout", "--quiet", ...where);
    return undefined;
  };
}

/** The Node that runs the tests stays; the file that names the version must be there. */
const setupNode: Action = (inputs, { workspace }) => {
  readFileSync(path.join(workspace, inputs["node-version-file"] ?? ""), "utf8");
  return undefined;
};

function upload({ artifacts }: Stage): Action {
  return (
    { name = "", path: from = "", "if-no-files-found": otherwise },
    { workspace, github },
  ) => {
    const source = path.join(workspace, from);
    if (!existsSync(source)) {
      if (otherwise === "error") throw new Error(`No files were found with the path ${from}`);
      return undefined;
    }
    const kept = path.join(temporaryDirectory(), name);
    cpSync(source, kept, { recursive: true });
    const run = String(github.run_id);
    artifacts.set(run, new Map([...(artifacts.get(run) ?? []), [name, kept]]));
    return undefined;
  };
}

function download({ artifacts }: Stage): Action {
  return (inputs, { workspace, github, permissions }) => {
    const run = inputs["run-id"] ?? String(github.run_id);
    const isOther = run !== github.run_id;
    if (isOther && (permissions.actions === undefined || inputs["github-token"] !== github.token)) {
      throw new Error("Cannot download from another run: actions: read or its token is missing");
    }
    const kept = artifacts.get(run)?.get(inputs.name ?? "");
    if (kept === undefined) throw new Error(`Artifact not found for name: ${inputs.name}`);
    const to = path.resolve(workspace, inputs.path ?? ".");
    mkdirSync(to, { recursive: true });
    cpSync(kept, to, { recursive: true });
    return undefined;
  };
}

/** The keys of the double, for a job that may identify itself, from the environment that the role trusts. */
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
    // Not the action's doing: where the double listens, instead of AWS.
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
