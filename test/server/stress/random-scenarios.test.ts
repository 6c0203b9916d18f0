import { testRandomScenarios } from "./random-scenarios.ts";

testRandomScenarios(3);
