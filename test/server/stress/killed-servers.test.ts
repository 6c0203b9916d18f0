import { testKilledServers } from "./killed-servers.ts";

testKilledServers(6);
