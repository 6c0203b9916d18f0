import { testScheduledSteps } from "./scheduled-steps.ts";

testScheduledSteps(Number(process.env.KILLS ?? 40));
