import { isReservedFolder } from "../flag/file-kind.ts";

/** The folder of flags that have no owner, or one whose name is a reserved folder. */
const unownedFolder = "unowned";

/** The file of a flag in its owner's folder, where the API puts new flags. */
export function fileInOwnerFolder(name: string, owner: string | undefined): string {
  const folder = !owner || isReservedFolder(owner) ? unownedFolder : owner;
  return `flags/${folder}/${name}.yaml`;
}
