/** The first line of the module that `bunting types` writes, so that searches for names in code skip it. */
export const namesMark = "// Made by `npm run types`: do not edit.";
