import { testConcurrentWriters } from "./concurrent-writers.ts";

testConcurrentWriters(120);
