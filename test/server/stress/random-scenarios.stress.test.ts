import { testRandomScenarios } from "./random-scenarios.ts";

testRandomScenarios(Number(process.env.MODEL_SECONDS ?? 120));
