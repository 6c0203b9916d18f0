import type { OperationId } from "../api/operations.ts";
import { type Answer, invalid, problem } from "../fault.ts";
import { blobAt, branchHead, deleteFile, isAncestor, resolve } from "./bare.ts";
import { type Ask, type Handler, render, text, user, type World } from "./world.ts";

export const repoHandlers: Partial<Record<OperationId, Handler>> = {
  "repos/get"({ world }) {
    const { owner, repo, defaultBranch: default_branch } = world;
    const name = { name: repo, full_name: `${owner}/${repo}`, owner: user(owner) };
    return { status: 200, body: render("full-repository", { ...name, default_branch }) };
  },

  "repos/get-branch"({ params, world }) {
    const branch = params.branch ?? "";
    const sha = branchHead(world.bare, branch);
    if (sha === undefined) return problem(404, "Branch not found");
    return {
      status: 200,
      body: render("branch-with-protection", { name: branch, commit: { sha } }),
    };
  },

  "repos/delete-file"({ params, body, account, world }) {
    const [file, sha, message] = [params.path ?? "", text(body.sha), text(body.message)];
    const branch = text(body.branch) || world.defaultBranch;
    if (branchHead(world.bare, branch) === undefined) {
      return problem(404, `Branch ${branch} not found`);
    }
    const blob = blobAt(world.bare, branch, file);
    if (blob === undefined) return problem(404, "Not Found");
    if (blob !== sha) return problem(409, `${file} does not match ${sha}`);
    const author = account.login;
    const change = { branch, file, message, author, time: world.now() };
    const commit = deleteFile(world.bare, change);
    return { status: 200, body: render("file-commit", { content: null, commit: { sha: commit } }) };
  },

  "git/get-ref": (ask) =>
    withRef(ask, (ref, sha) => ({ status: 200, body: showRef(ask.world, ref, sha) })),

  "git/create-ref"({ body, world }) {
    const [ref, sha] = [text(body.ref), text(body.sha)];
    if (!/^refs\/\w+\/./.test(ref)) return problem(422, "Reference name is not valid");
    if (resolve(world.bare, sha) === undefined) return problem(422, "Object does not exist");
    if (resolve(world.bare, ref) !== undefined) return problem(422, "Reference already exists");
    world.bare.git("update-ref", ref, sha);
    return { status: 201, body: showRef(world, ref, sha) };
  },

  "git/update-ref": (ask) =>
    withRef(
      ask,
      (ref, now) => {
        const sha = text(ask.body.sha);
        if (resolve(ask.world.bare, sha) === undefined)
          return problem(422, "Object does not exist");
        if (ask.body.force !== true && !isAncestor(ask.world.bare, now, sha)) {
          return problem(422, "Update is not a fast forward");
        }
        ask.world.bare.git("update-ref", ref, sha);
        return { status: 200, body: showRef(ask.world, ref, sha) };
      },
      422,
    ),

  "git/delete-ref": (ask) =>
    withRef(
      ask,
      (ref) => {
        ask.world.bare.git("update-ref", "-d", ref);
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
export function showRepository(world: World, owner: string): unknown {
  const { repo, defaultBranch: default_branch } = world;
  return render("repository", {
    ...{ name: repo, full_name: `${owner}/${repo}`, owner: user(owner) },
    ...{ default_branch, fork: owner !== world.owner },
  });
}

function withRef(
  { params, world }: Ask,
  work: (ref: string, sha: string) => Answer,
  missing: 404 | 422 = 404,
): Answer {
  const ref = `refs/${params.ref}`;
  const sha = resolve(world.bare, ref);
  if (sha !== undefined) return work(ref, sha);
  return missing === 404
    ? problem(404, "Not Found")
    : invalid("Reference", "ref", "Reference does not exist");
}

function showRef(world: World, ref: string, sha: string): unknown {
  const url = `${world.api}/repos/${world.owner}/${world.repo}/git/${ref}`;
  return render("git-ref", { ref, url, object: { sha, type: "commit", url } });
}
