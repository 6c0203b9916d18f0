/**
 * An S3 double. Prints its endpoint and credentials; then, for each line that it reads, the number of
 * requests since the last line. It ends with its standard input.
 */
import { createInterface } from "node:readline";
import { startS3Double } from "../../s3/double.ts";

const double = await startS3Double({ bucket: "flags" });
console.log(
  JSON.stringify({ endpoint: double.endpoint, region: double.region, ...double.credentials }),
);

let counted = 0;
for await (const _ of createInterface(process.stdin)) {
  const since = double.requests.slice(counted);
  counted += since.length;
  const writes = since.filter(({ method }) => method !== "GET" && method !== "HEAD");
  console.log(JSON.stringify({ requests: since.length, writes: writes.length }));
}
await double.close();
