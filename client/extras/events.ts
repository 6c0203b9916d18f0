export interface Event {
  /** `undefined` if the event has no id. */
  readonly id: string | undefined;
  /** Empty for a comment, which the server sends to keep the connection alive. */
  readonly data: string;
}

/**
 * The events and comments of an event stream, as the HTML standard defines them (section 9.2.6), without
 * `event` and `retry`. Throws if an event has more than `maxCharacters`, and if the connection breaks.
 */
export async function* readEvents(
  response: Response,
  maxCharacters: number,
): AsyncGenerator<Event> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const chunk = await reader?.read();
    if (chunk?.done !== false) return;
    text += chunk.value;
    // A carriage return at the end may be the first half of a line break.
    const events = text.replace(/\r\n|\r(?!$)/g, "\n").split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) yield parse(event);
    if (text.length > maxCharacters) throw new Error("Cannot read the stream: an event has no end");
  }
}

function parse(text: string): Event {
  let id: string | undefined;
  const data: string[] = [];
  for (const line of text.split("\n")) {
    const [, field, value = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (field === "id") id = value;
    if (field === "data") data.push(value);
  }
  return { id, data: data.join("\n") };
}
