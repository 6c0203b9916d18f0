import { RemoteUnavailableError } from "./remote.ts";

const hint =
  "which lacks a part of its history; run there: git fetch --unshallow, or name a complete repository";

/** The remote lacks a part of its history. There is nothing to repair in the clone. */
export class ShallowRemoteError extends RemoteUnavailableError {
  constructor(branch: string) {
    super(`Cannot follow "${branch}": the remote is a shallow clone, ${hint}`);
  }
}
