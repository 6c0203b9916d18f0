import { testLeaks } from "./leak.ts";

testLeaks(2);
