/**
 * An S3 in a process of its own. It prints where it is; then, for each line that it reads, how many
 * requests came since the last one. It ends with its standard input.
 */
import { createInterface } from "node:readline";
import { startS3Double } from "../../s3/double.ts";

const double = await startS3Double({ bucket: "flags" });
console.log(
  JSON.stringify({ endpoint: double.endpoint, region: double.region, ...double.credentials }),
);

let told = 0;
for await (const _ of createInterface(process.stdin)) {
  const since = double.requests.slice(told);
  told += since.length;
  const writes = since.filter(({ method }) => method !== "GET" && method !== "HEAD");
  console.log(JSON.stringify({ requests: since.length, writes: writes.length }));
}
await double.close();
