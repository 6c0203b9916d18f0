import { expect, test } from "vitest";
import { findNodeVersionError } from "../../../scripts/command/version.ts";

test.each(["20.19.0", "20.20.2", "22.0.0", "24.1.0"])("Node %s can run the program", (version) => {
  expect(findNodeVersionError(version, ">=20.19")).toBeUndefined();
});

test.each(["18.20.8", "20.18.3"])(
  "Node %s cannot run it, and the message names the range",
  (version) => {
    expect(findNodeVersionError(version, ">=20.19")).toBe(
      `Cannot run on Node ${version}: bunting needs Node 20.19 or later`,
    );
  },
);

test("this Node can run it, by the range in package.json", () => {
  expect(findNodeVersionError(process.versions.node)).toBeUndefined();
});
