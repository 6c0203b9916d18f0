import { testKilledServers } from "./killed-servers.ts";

testKilledServers(Number(process.env.KILLS ?? 100));
