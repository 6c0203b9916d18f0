/** Asks a URL as fast as 32 connections can, and prints how many answers a second came. */
import autocannon from "autocannon";

const [url = "", token = "", origin = "", seconds = "5"] = process.argv.slice(2);
const headers = { authorization: `Bearer ${token}`, ...(origin === "" ? {} : { origin }) };
const load = { url, headers, connections: 32 };
await autocannon({ ...load, duration: 2 });
const { requests, non2xx, errors } = await autocannon({ ...load, duration: Number(seconds) });
if (non2xx + errors > 0) throw new Error(`Cannot measure: ${non2xx} refusals, ${errors} errors`);
console.log(JSON.stringify({ rate: requests.average }));
