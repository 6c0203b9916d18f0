import { deepFolders, hugeBlob, manyPaths, testBomb } from "./bomb-commits.ts";

for (const bomb of [manyPaths(10, 6), manyPaths(1_000, 2), deepFolders(3_000), hugeBlob(200)])
  testBomb(bomb, 900_000);
