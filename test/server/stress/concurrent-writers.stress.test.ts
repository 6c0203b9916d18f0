import { testConcurrentWriters } from "./concurrent-writers.ts";

testConcurrentWriters(Number(process.env.WRITES ?? 1_000));
