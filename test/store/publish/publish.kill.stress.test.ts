import { testPublishKills } from "./publish-kills.ts";

testPublishKills(Number(process.env.KILLS ?? 25));
