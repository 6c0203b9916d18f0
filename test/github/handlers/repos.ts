import type { OperationId } from "../api/operations.ts";
import { type Answer, invalid, problem } from "../fault.ts";
import { blobAt, branchHead, deleteFile, isAncestor, resolve } from "./bare.ts";
import { type Handler, type HandlerInput, type Host, render, text, user } from "./handler.ts";

export const repoHandlers: Partial<Record<OperationId, Handler>> = {
  "repos/get"({ host }) {
    const { owner, repo, defaultBranch: default_branch } = host;
    const name = { name: repo, full_name: `${owner}/${repo}`, owner: user(owner) };
    return { status: 200, body: render("full-repository", { ...name, default_branch }) };
  },

  "repos/get-branch"({ params, host }) {
    const branch = params.branch ?? "";
    const sha = branchHead(host.bare, branch);
    if (sha === undefined) return problem(404, "Branch not found");
    return {
      status: 200,
      body: render("branch-with-protection", { name: branch, commit: { sha } }),
    };
  },

  "repos/delete-file"({ params, body, account, host }) {
    const [file, sha, message] = [params.path ?? "", text(body.sha), text(body.message)];
    const branch = text(body.branch) || host.defaultBranch;
    if (branchHead(host.bare, branch) === undefined) {
      return problem(404, `Branch ${branch} not found`);
    }
    const blob = blobAt(host.bare, branch, file);
    if (blob === undefined) return problem(404, "Not Found");
    if (blob !== sha) return problem(409, `${file} does not match ${sha}`);
    const author = account.login;
    const change = { branch, file, message, author, time: host.now() };
    const commit = deleteFile(host.bare, change);
    return { status: 200, body: render("file-commit", { content: null, commit: { sha: commit } }) };
  },

  "git/get-ref": (input) =>
    withRef(input, (ref, sha) => ({ status: 200, body: showRef(input.host, ref, sha) })),

  "git/create-ref"({ body, host }) {
    const [ref, sha] = [text(body.ref), text(body.sha)];
    if (!/^refs\/\w+\/./.test(ref)) return problem(422, "Reference name is not valid");
    if (resolve(host.bare, sha) === undefined) return problem(422, "Object does not exist");
    if (resolve(host.bare, ref) !== undefined) return problem(422, "Reference already exists");
    host.bare.git("update-ref", ref, sha);
    return { status: 201, body: showRef(host, ref, sha) };
  },

  "git/update-ref": (input) =>
    withRef(
      input,
      (ref, now) => {
        const sha = text(input.body.sha);
        if (resolve(input.host.bare, sha) === undefined)
          return problem(422, "Object does not exist");
        if (input.body.force !== true && !isAncestor(input.host.bare, now, sha)) {
          return problem(422, "Update is not a fast forward");
        }
        input.host.bare.git("update-ref", ref, sha);
        return { status: 200, body: showRef(input.host, ref, sha) };
      },
      422,
    ),

  "git/delete-ref": (input) =>
    withRef(
      input,
      (ref) => {
        input.host.bare.git("update-ref", "-d", ref);
        return { status: 204 };
      },
      422,
    ),

  "users/get-authenticated"({ account }) {
    if (account.isInstallation) return problem(403, "Resource not accessible by integration");
    return { status: 200, body: render("public-user", { login: account.login, type: "User" }) };
  },
};

/** A repository as it is shown inside of something else: ours, or a fork of it. */
export function showRepository(host: Host, owner: string): unknown {
  const { repo, defaultBranch: default_branch } = host;
  return render("repository", {
    ...{ name: repo, full_name: `${owner}/${repo}`, owner: user(owner) },
    ...{ default_branch, fork: owner !== host.owner },
  });
}

function withRef(
  { params, host }: HandlerInput,
  work: (ref: string, sha: string) => Answer,
  missing: 404 | 422 = 404,
): Answer {
  const ref = `refs/${params.ref}`;
  const sha = resolve(host.bare, ref);
  if (sha !== undefined) return work(ref, sha);
  return missing === 404
    ? problem(404, "Not Found")
    : invalid("Reference", "ref", "Reference does not exist");
}

function showRef(host: Host, ref: string, sha: string): unknown {
  const url = `${host.api}/repos/${host.owner}/${host.repo}/git/${ref}`;
  return render("git-ref", { ref, url, object: { sha, type: "commit", url } });
}
