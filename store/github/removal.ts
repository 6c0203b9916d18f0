import { ignoreStatus, isStatus } from "./error.ts";
import type { GitHub } from "./github.ts";
import { ensureLabel, type Label } from "./issues.ts";
import { once } from "./once.ts";

/** A pull request that deletes one file. */
export interface Removal {
  readonly file: string;
  /** Id of the blob to delete. If the file has another blob by now, nothing happens. */
  readonly object: string;
  readonly branch: string;
  readonly message: string;
  readonly title: string;
  readonly body: string;
  readonly label: Label;
}

/** The number of the pull request; `undefined` if the file changed, or if an equal one was closed before. */
export async function proposeRemoval(
  github: GitHub,
  removal: Removal,
): Promise<{ readonly number: number; readonly url: string } | undefined> {
  const { branch, title, body, label } = removal;
  const find = () => findPull(github, branch);
  const known = await find();
  if (known?.state === "closed") return undefined;
  const base = (await github.do("read", (rest, here) => rest.repos.get(here))).default_branch;
  if (!known && !(await makeBranch(github, removal, base))) return undefined;
  const { item } = await once(find, async () => {
    const pull = await github
      .do("open a pull request", (rest, here) =>
        rest.pulls.create({ ...here, title, body, head: branch, base }),
      )
      .catch(async (error) => {
        // Another run has just opened the pull request.
        const other = isStatus(error, 422) ? await find() : undefined;
        if (other) return { number: other.number, html_url: other.url, state: "open" };
        throw error;
      });
    return { number: pull.number, url: pull.html_url, state: pull.state };
  });
  await ensureLabel(github, label);
  await github.do(`label #${item.number}`, (rest, here) =>
    rest.issues.addLabels({ ...here, issue_number: item.number, labels: [label.name] }),
  );
  return item;
}

/** Creates the branch without the file. Returns whether it exists. */
async function makeBranch(
  github: GitHub,
  { file, object, branch, message }: Removal,
  base: string,
): Promise<boolean> {
  const ref = `refs/heads/${branch}`;
  const head = await readRef(github, base);
  await once(
    () => ignoreStatus(404, () => readRef(github, branch)),
    () =>
      ignoreStatus(422, () =>
        github.do(`create the branch "${branch}"`, (rest, here) =>
          rest.git.createRef({ ...here, ref, sha: head.object.sha }),
        ),
      ),
  );
  try {
    await github.do(`delete "${file}" on "${branch}"`, (rest, here) =>
      rest.repos.deleteFile({ ...here, path: file, sha: object, branch, message }),
    );
    return true;
  } catch (error) {
    // An earlier run deleted it there, or this one did and the answer was lost.
    if (isStatus(error, 404)) return true;
    if (!isStatus(error, 409)) throw error;
    await ignoreStatus(422, () =>
      github.do(`delete the branch "${branch}"`, (rest, here) =>
        rest.git.deleteRef({ ...here, ref: `heads/${branch}` }),
      ),
    );
    return false;
  }
}

function readRef(github: GitHub, branch: string) {
  return github.do(`find the branch "${branch}"`, (rest, here) =>
    rest.git.getRef({ ...here, ref: `heads/${branch}` }),
  );
}

async function findPull(github: GitHub, branch: string) {
  const pulls = await github.do(`find the pull request of "${branch}"`, (rest, here) =>
    rest.pulls.list({ ...here, head: `${here.owner}:${branch}`, state: "all" }),
  );
  const pull = pulls.find(({ state }) => state === "open") ?? pulls[0];
  return pull && { number: pull.number, url: pull.html_url, state: pull.state };
}
