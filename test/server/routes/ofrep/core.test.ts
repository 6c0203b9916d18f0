/** `@openfeature/ofrep-core`, the API client that OFREP's providers share, unmodified. */
import {
  OFREPApi,
  OFREPApiTooManyRequestsError,
  OFREPApiUnauthorizedError,
  OFREPForbiddenError,
  toResolutionDetails,
} from "@openfeature/ofrep-core";
import { beforeAll, describe, expect, test } from "vitest";
import { type OwnApi, startService } from "../../setup/api.ts";
import { TestTokens } from "../../setup/tokens.ts";
import { ofrepRemote } from "./flags.ts";

let api: OwnApi;
beforeAll(async () => {
  const tester = { role: "reader", environments: ["test"] } as const;
  api = await startService({ remote: ofrepRemote(), tokens: new TestTokens({ tester }) });
});

function client(as: string, { url } = api): OFREPApi {
  const token = as === "nobody" ? "x".repeat(36) : api.tokens.of(as);
  return new OFREPApi({ baseUrl: url, headers: [["Authorization", `Bearer ${token}`]] });
}

describe("OFREPApi", () => {
  test("evaluates a flag", async () => {
    const context = { targetingKey: "u1", country: "DK" };
    const { httpStatus, value } = await client("reader").postEvaluateFlag("nordic", { context });
    expect(httpStatus).toBe(200);
    expect(toResolutionDetails(value as never, false)).toEqual({
      value: true,
      variant: "on",
      reason: "TARGETING_MATCH",
      flagMetadata: {},
    });
  });

  test("evaluates all flags, and is answered with 304 after that", async () => {
    const ofrep = client("reader");
    const first = await ofrep.postBulkEvaluateFlags({ context: {} });
    expect(first.httpStatus).toBe(200);
    const etag = first.httpResponse?.headers.get("ETag");
    expect((await ofrep.postBulkEvaluateFlags({ context: {} }, etag)).httpStatus).toBe(304);
  });

  test("understands the server's errors about a missing flag and a context", async () => {
    const ofrep = client("reader");
    expect(await ofrep.postEvaluateFlag("a/b", {})).toMatchObject({
      httpStatus: 404,
      value: { key: "a/b", errorCode: "FLAG_NOT_FOUND", errorDetails: expect.any(String) },
    });
    const bad = { context: { targetingKey: 1 } } as never;
    expect(await ofrep.postEvaluateFlag("plain", bad)).toMatchObject({
      httpStatus: 400,
      value: { key: "plain", errorCode: "INVALID_CONTEXT", errorDetails: expect.any(String) },
    });
    expect(await ofrep.postBulkEvaluateFlags(bad)).toMatchObject({
      httpStatus: 400,
      value: { errorCode: "INVALID_CONTEXT", errorDetails: expect.any(String) },
    });
  });

  test("understands 401, 403, and 429 with the time to wait", async () => {
    const unknown = client("nobody");
    await expect(unknown.postEvaluateFlag("plain", {})).rejects.toThrow(OFREPApiUnauthorizedError);
    await expect(client("tester").postBulkEvaluateFlags({})).rejects.toThrow(OFREPForbiddenError);
    for (let count = 0; count < 30; count += 1)
      await unknown.postEvaluateFlag("a", {}).catch(() => {});
    const error = await unknown.postEvaluateFlag("plain", {}).catch((reason) => reason);
    expect(error).toBeInstanceOf(OFREPApiTooManyRequestsError);
    expect(error.retryAfterSeconds).toBeGreaterThan(0);
  });
});
