/** Checks of the values of options. */
import { isDate } from "../../schema/text/date.ts";
import { UsageError } from "./command.ts";

/** Throws `UsageError` if the value of `--option` cannot be used, or is missing. */
export function checkOption(
  isUsable: boolean,
  option: string,
  text: string | undefined,
  wanted: string,
): asserts isUsable {
  if (isUsable) return;
  throw new UsageError(
    text
      ? `Cannot use --${option} "${text}": it must be ${wanted}`
      : `Cannot use --${option}: it is missing or empty; it must be ${wanted}`,
  );
}

export function checkDay(option: string, text: string): void {
  checkOption(isDate(text), option, text, "a day as YYYY-MM-DD");
}

export function checkUrl(option: string, text: string | undefined): asserts text is string {
  // A link in Markdown would end at one of the characters that are refused.
  const isUrl = text !== undefined && /^https?:\/\/[^\s()<>]+$/i.test(text) && URL.canParse(text);
  checkOption(isUrl, option, text, "a URL, https://…");
}

export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  const wanted = `a whole number from ${least} to ${most}`;
  checkOption(number >= least && number <= most, option, text, wanted);
  return number;
}
