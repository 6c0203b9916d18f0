/**
 * `start.ts REMOTE CLONE TOKENS`: starts the server, sends one request, and prints the cost since the start
 * of the process, and the memory.
 */
import { startService } from "../server/service.ts";

const [remote = "", clone = "", tokens = ""] = process.argv.slice(2);
const url = await startService(remote, clone, tokens);
const { status } = await fetch(`${url}/readyz`);
if (status !== 200) throw new Error(`Cannot measure: /readyz is ${status}`);
const { user, system } = process.cpuUsage();
const start = { ms: performance.now(), cpu: (user + system) / 1_000 };
console.log(JSON.stringify({ start, memory: process.memoryUsage() }));
process.exit();
