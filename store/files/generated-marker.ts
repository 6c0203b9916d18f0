/** The first line of the module that `bunting types` writes. */
export const generatedMarker = "// Made by `bunting types`: do not edit.";

/** What earlier versions wrote. */
const earlierMarker = "// Made by `npm run types`: do not edit.";

/** Whether `bunting types` wrote this module, in which a name is no use of the flag. */
export function isGenerated(text: string): boolean {
  return text.startsWith(generatedMarker) || text.startsWith(earlierMarker);
}
