import { deepFolders, hugeBlob, testBomb } from "./bomb-commits.ts";

// `bomb-commits.stress.test.ts` has larger ones, and those that take longer.
for (const bomb of [deepFolders(50), hugeBlob(5)]) testBomb(bomb, 240_000);
