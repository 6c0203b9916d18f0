import { testLeaks } from "./leak.ts";

testLeaks(10);
