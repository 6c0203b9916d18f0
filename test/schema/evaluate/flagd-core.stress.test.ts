import { test } from "vitest";
import { expectAgreement } from "./flagd-core.ts";

test("evaluate() and flagd-core agree on value and variant in 100,000 decisions", () => {
  expectAgreement(100_000);
});
