import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import type { Request, RequestHandler, Response } from "express";
import type { Change } from "../schema/change.ts";
import { compileIn, pathOf } from "../schema/compile.ts";
import { application } from "../schema/flag.ts";
import { maximumNameLength, namePattern } from "../schema/name.ts";
import { contentTypeOf, etag } from "../schema/release.ts";
import type { TimedFlag } from "../schema/snapshot.ts";
import type { Principal } from "../schema/token.ts";
import type { FlagStore } from "../store/flag-store.ts";
import type { WriteResult } from "../store/write.ts";
import { jsonOf } from "./body.ts";
import { allowsWrite } from "./conditions.ts";
import { bodyReader } from "./description.ts";
import { refusal } from "./principal.ts";
import { type Fault, HttpError } from "./problem.ts";
import { environmentOf } from "./routes.ts";

interface CreateBody {
  readonly name: string;
  readonly enabled?: boolean;
  readonly description?: string;
}

type UpdateBody = Partial<Record<"name" | "description" | "created_at" | "updated_at", string>> & {
  readonly enabled?: boolean;
};

const readCreate = bodyReader<CreateBody>("CreateFlag");
const readUpdate = bodyReader<UpdateBody>("UpdateFlag");
const readEnvironmentUpdate = bodyReader<UpdateBody>("UpdateEnvironmentFlag");

/** The handlers of everything that changes a flag. Each answers once the change is on the remote. */
export function writeHandlers(
  store: FlagStore,
): Record<"create" | "update" | "remove", RequestHandler> {
  return {
    async create(request, response) {
      const { name, enabled = false, description = "" } = readCreate(jsonOf(request));
      const reason = refusal(response.locals.principal as Principal, "create", application, name);
      if (reason !== undefined) throw new HttpError(403, reason);
      const result = await submit(store, request, response, {
        kind: "create",
        name,
        enabled,
        description,
      });
      response.setHeader("Location", pathOf(application, name));
      await answer(store, response, 201, application, name, result);
    },

    async update(request, response) {
      const environment = environmentOf(request.path);
      const name = nameIn(request);
      const read = environment === application ? readUpdate : readEnvironmentUpdate;
      const body = read(jsonOf(request));
      const description = environment === application ? body.description : undefined;
      const change = {
        kind: "update",
        name,
        environment,
        enabled: body.enabled,
        description,
      } as const;
      const result = await submit(store, request, response, change, body);
      await answer(store, response, 200, environment, name, result);
    },

    async remove(request, response) {
      const name = nameIn(request);
      const result = await submit(store, request, response, { kind: "delete", name });
      if (result.status === "committed") response.setHeader("Bunting-Commit", result.commit);
      response.status(204).end();
    },
  };
}

async function submit(
  store: FlagStore,
  request: Request,
  response: Response,
  change: Change,
  body: UpdateBody = {},
): Promise<Extract<WriteResult, { commit: string }>> {
  const principal = response.locals.principal as Principal;
  const environment = environmentOf(request.path);
  let faults: readonly Fault[] = [];
  const writing = store.write({
    change,
    actor: principal,
    reason: textOf(request.get("Change-Reason")),
    requestId: String(response.locals.requestId),
    idempotency: change.kind === "delete" ? undefined : idempotencyOf(request, principal),
    // Asked once it is clear that the request is not one that was answered before.
    isExpected(flag) {
      // What cannot succeed anyway is not for a precondition to refuse (RFC 9110, section 13.2.1).
      if (flag === undefined && change.kind !== "create") return true;
      faults = flag === undefined ? [] : findChanged(body, flag, environment);
      const seen = flag && etag(compileIn(environment, flag));
      const { "if-match": ifMatch, "if-none-match": ifNoneMatch } = request.headers;
      return faults.length === 0 && allowsWrite(ifMatch, ifNoneMatch, seen);
    },
  });
  response.locals.flag = change.name;
  response.locals.writing = writing;
  const result = await writing;
  if ("commit" in result) return result;
  if (faults.length > 0) throw unchangeable(change.name, faults);
  throw refused(change.name, result);
}

function refused(name: string, result: Exclude<WriteResult, { commit: string }>): HttpError {
  switch (result.status) {
    case "not-found":
      return new HttpError(404, `Cannot find the flag "${name}"`);
    case "duplicate":
      return new HttpError(409, `Cannot create "${name}": there is a flag of that name already`);
    case "stale":
      return new HttpError(
        412,
        `Cannot change "${name}": it is not what the request expects; read it again`,
      );
    case "key-reused": {
      const detail = "Cannot use this Idempotency-Key again: it belongs to another request";
      return new HttpError(409, detail, { kind: "idempotency-key-reused" });
    }
    case "invalid": {
      const errors = result.findings.map(({ code, message }) => {
        const pointer = code.endsWith("-name") ? "#/name" : "#/description";
        return { pointer, code, message };
      });
      const detail = errors.map(({ message }) => message).join("; ");
      return new HttpError(400, detail, { errors });
    }
  }
}

async function answer(
  store: FlagStore,
  response: Response,
  status: number,
  environment: string,
  name: string,
  { commit, ...result }: Extract<WriteResult, { commit: string }>,
): Promise<void> {
  const flag = result.flag ?? (await store.flagAt(commit, name));
  if (!flag) throw new HttpError(404, `Cannot find the flag "${name}" at ${commit}`);
  const compiled = compileIn(environment, flag);
  response.setHeader("Bunting-Commit", commit);
  response.setHeader("Cache-Control", "private, no-cache");
  response.setHeader("ETag", etag(compiled));
  response.setHeader("Content-Type", contentTypeOf(compiled.path));
  response.status(status).end(compiled.body);
}

/** A name that no flag can have is not looked for; nor is one that is written with escapes. */
export function nameIn({ params, path }: Request): string {
  const name = String(params.name);
  const isPlain = path.includes(`/v1/feature-flags/${name}`);
  if (isPlain && namePattern.test(name) && name.length <= maximumNameLength) return name;
  throw new HttpError(404, "Cannot find a flag of that name");
}

/** A client may send back what it read, but not change what is not its to change. */
function findChanged(body: UpdateBody, flag: TimedFlag, environment: string): Fault[] {
  const fixed = ["name", "created_at", "updated_at"] as const;
  const keys = environment === application ? fixed : ([...fixed, "description"] as const);
  return keys
    .filter((key) => body[key] !== undefined && body[key] !== flag[key])
    .map((key) => ({
      pointer: `#/${key}`,
      code: "read-only",
      message: `"${key}" cannot be changed here`,
    }));
}

function unchangeable(name: string, errors: readonly Fault[]): HttpError {
  const keys = errors.map(({ pointer }) => pointer.slice(2)).join(", ");
  return new HttpError(400, `Cannot change ${keys} of "${name}" here`, { errors });
}

/** Node reads headers as Latin-1; whoever writes other letters sends UTF-8. */
function textOf(header = ""): string {
  const bytes = Buffer.from(header, "latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : header;
}

/** Keys are each principal's own. Kept as hashes: a commit message is public. */
function idempotencyOf(
  request: Request,
  principal: Principal,
): { key: string; fingerprint: string } | undefined {
  const header = request.get("Idempotency-Key");
  if (header === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(header)) {
    throw new HttpError(
      400,
      "Cannot use this Idempotency-Key: it must be 1 to 255 visible characters",
    );
  }
  const body: unknown = request.body;
  const content = Buffer.isBuffer(body) ? body.toString("utf8") : "";
  return {
    key: digest(`${principal.id}\n${header}`),
    fingerprint: digest(`${request.method} ${request.path}\n${content}`).slice(0, 16),
  };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
