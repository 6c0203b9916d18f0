import { testScheduledSteps } from "./scheduled-steps.ts";

testScheduledSteps(4);
