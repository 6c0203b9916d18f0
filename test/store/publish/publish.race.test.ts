import { testPublishRaces } from "./publish-races.ts";

testPublishRaces(8, 4);
