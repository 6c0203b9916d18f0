/**
 * For each line that it reads, sends requests over 32 connections as fast as possible, and prints the
 * number of responses per second. A line is JSON: `{"url", "token", "origin", "method", "body", "seconds"}`; `origin`, `method` and `body`
 * may be missing.
 */
import { createInterface } from "node:readline";
import autocannon from "autocannon";

for await (const line of createInterface(process.stdin)) {
  const { url, token, origin, method = "GET", body, seconds } = JSON.parse(line);
  const headers = {
    authorization: `Bearer ${token}`,
    ...(origin ? { origin } : {}),
    ...(body ? { "content-type": "application/json" } : {}),
  };
  const load = { url, headers, method, body, connections: 32, duration: seconds };
  const { requests, non2xx, errors } = await autocannon(load);
  if (non2xx + errors > 0) throw new Error(`Cannot measure: ${non2xx} refusals, ${errors} errors`);
  console.log(JSON.stringify({ rate: requests.average, total: requests.total }));
}
