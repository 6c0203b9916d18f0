/** Vitest runs this file again before each test file, in the process of that test file. */
import { afterAll, afterEach } from "vitest";
import { endTestFile, runChecks } from "./test-file.ts";

afterEach(runChecks);
afterAll(endTestFile);
