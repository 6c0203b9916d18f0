import { testPublishKills } from "./publish-kills.ts";

testPublishKills(4);
