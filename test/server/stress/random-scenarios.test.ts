import { testRandomScenarios } from "./random-scenarios.ts";

testRandomScenarios(3, 612137822);
