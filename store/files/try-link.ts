import { linkSync } from "node:fs";

/** Makes a hard link. Returns false if the file system has none, or allows no more of them to this file. */
export function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (unsupported.has((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
}

const unsupported = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EINVAL"]);
