import { testPublishRaces } from "./publish-races.ts";

testPublishRaces(50, 10);
