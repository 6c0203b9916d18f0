/** Values of options that several commands check. Each throws `UsageError` if the value cannot be used. */
import { isDate } from "../../schema/text/date.ts";
import { UsageError } from "./command.ts";

export function checkDay(option: string, text: string): void {
  if (!isDate(text))
    throw new UsageError(`Cannot use --${option} "${text}": it must be a day as YYYY-MM-DD`);
}

export function checkUrl(option: string, text = ""): void {
  const isUrl = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
  // A link in Markdown would end at one of these.
  if (!isUrl || /[\s()<>]/.test(text))
    throw new UsageError(`Cannot use --${option} "${text}": it must be a URL, https://…`);
}

export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  const wanted = `a whole number from ${least} to ${most}`;
  throw new UsageError(`Cannot use --${option} "${text}": it must be ${wanted}`);
}
