/** Whether `text` is a day of the calendar, as `YYYY-MM-DD`. */
export function isDate(text: string): boolean {
  return isUtcTime(`${text}T00:00:00Z`);
}

/** Whether `text` is a time in UTC, to the second: `2026-12-01T08:00:00Z`. */
function isUtcTime(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(text)) return false;
  const time = Date.parse(text);
  return !Number.isNaN(time) && new Date(time).toISOString() === `${text.slice(0, -1)}.000Z`;
}

/** The formats of JSON Schema that the schemas use. */
export const formats = { date: isDate, "date-time": isUtcTime };
