/**
 * Opens event streams, changes a flag, and prints how long after the acknowledgement the last stream and
 * the next reader received the change, in milliseconds.
 *
 *     streams.ts URL TOKEN STREAMS [open]
 *
 * With `open`, it only keeps the streams open until its standard input ends.
 */
import { Agent, get, type IncomingMessage } from "node:http";
import { createInterface } from "node:readline";

const [url = "", token = "", count = "", only = ""] = process.argv.slice(2);
const headers = { authorization: `Bearer ${token}`, accept: "text/event-stream" };
const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
const arrivals: number[] = [];

const streams = await Promise.all(Array.from({ length: Number(count) }, open));
if (only === "open") {
  console.log(JSON.stringify({ open: streams.length }));
  for await (const _ of createInterface(process.stdin)) break;
  process.exit();
}
for (const stream of streams) {
  stream.on("data", (text: Buffer) => {
    if (text.includes("data: ")) arrivals.push(performance.now());
  });
}
const { flags } = (await read()) as { flags: Record<string, boolean> };
const [name = "", enabled = false] = Object.entries(flags)[0] ?? [];
const answer = await fetch(url + name, {
  method: "PUT",
  headers: { authorization: headers.authorization, "content-type": "application/json" },
  body: JSON.stringify({ enabled: !enabled }),
});
const acknowledged = performance.now();
if (!answer.ok) throw new Error(`Cannot measure: ${answer.status}`);
const seen = (await read()) as { flags: Record<string, boolean> };
if (seen.flags[name] === enabled) throw new Error("Cannot measure: a reader saw the old state");
const visible = performance.now() - acknowledged;
while (arrivals.length < streams.length) await new Promise((resolve) => setTimeout(resolve, 1));
// The event may arrive before the response.
const streamed = Math.max(...arrivals) - acknowledged;
console.log(JSON.stringify({ visible, streamed }));
process.exit();

async function read(): Promise<unknown> {
  const response = await fetch(url, { headers: { authorization: headers.authorization } });
  return response.json();
}

function open(): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { headers, agent }, (response) => response.once("data", () => resolve(response))).on(
      "error",
      reject,
    );
  });
}
