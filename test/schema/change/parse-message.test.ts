import { describe, expect, test } from "vitest";
import { formatMessage } from "../../../schema/change/commit-message.ts";
import { parseMessage } from "../../../schema/change/parse-message.ts";

const trailersOf = (message: string) => Object.fromEntries(parseMessage(message).trailers);

describe("parseMessage()", () => {
  test("reverses formatMessage()", () => {
    const trailers = { Flag: "meals", Actor: "Ada (ada)", "Idempotency-Key": "1234 5678" };
    const message = formatMessage({ subject: "Enable meals", reason: "Incident: 7", trailers });
    expect(parseMessage(message)).toEqual({
      subject: "Enable meals",
      body: "Incident: 7\n\nFlag: meals\nActor: Ada (ada)\nIdempotency-Key: 1234 5678",
      trailers: new Map(Object.entries(trailers)),
    });
  });

  test.each([
    ["a subject alone", "Flag: meals"],
    ["a paragraph with a line that is no trailer", "Subject\n\nFlag: meals\nand more"],
    ["a paragraph that is not the last one", "Subject\n\nFlag: meals\n\nMore"],
    ["another separator", "Subject\n\nFlag= meals"],
    ["a key with a space", "Subject\n\nMy flag: meals"],
    ["no message", ""],
  ])("finds no trailers in %s", (_what, message) => {
    expect(trailersOf(message)).toEqual({});
  });

  test("leaves out a key that occurs twice, and the line of git cherry-pick", () => {
    const id = "0123456789abcdef0123456789abcdef01234567";
    const picked = `(cherry picked from commit ${id})`;
    expect(trailersOf(`S\n\nFlag: a\nActor: b\nFlag: c\n${picked}`)).toEqual({ Actor: "b" });
  });

  test("joins the lines of a subject", () => {
    expect(parseMessage("One\ntwo\n\n\nBody\n")).toMatchObject({
      subject: "One two",
      body: "Body",
    });
  });
});
