export interface Event {
  /** Missing where it says none. */
  readonly id: string | undefined;
  /** Empty for a sign of life. */
  readonly data: string;
}

/**
 * The events of a stream, and its comments, as the HTML standard has them (9.2.6), without `event` and
 * `retry`. Throws at one of more than `largest` characters, and where the connection breaks off.
 */
export async function* readEvents(response: Response, largest: number): AsyncGenerator<Event> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const part = await reader?.read();
    if (part?.done !== false) return;
    text += part.value;
    // A carriage return at the end may be half of a line's end.
    const whole = text.replace(/\r\n|\r(?!$)/g, "\n").split("\n\n");
    text = whole.pop() ?? "";
    for (const event of whole) yield parse(event);
    if (text.length > largest) throw new Error("Cannot read the stream: an event has no end");
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
