/** How the module that `npm run types` writes begins: it names every flag, and uses none. */
export const namesMark = "// Made by `npm run types`: do not edit.";
