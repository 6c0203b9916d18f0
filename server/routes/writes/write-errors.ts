import { outputs } from "../../../schema/compile/outputs.ts";
import type { WriteResult } from "../../../store/writes/write.ts";
import { HttpError } from "../../http/problem.ts";
import type { Committed } from "../../http/write-outcome.ts";

/** The HTTP error for a write that the store refused. */
export function writeError(name: string, result: Exclude<WriteResult, Committed>): HttpError {
  switch (result.status) {
    case "not-found":
      return new HttpError(404, `Cannot find the flag "${name}"`);
    case "duplicate":
      return new HttpError(
        409,
        `Cannot create "${name}": there is a flag of that name already; change it with PUT, or use another name`,
      );
    case "stale":
      return new HttpError(
        412,
        `Cannot change "${name}": it does not meet If-Match or If-None-Match; read it again, and send its ETag`,
      );
    case "key-reused": {
      const detail =
        "Cannot use this Idempotency-Key again: it belongs to another request; use a new key for each request";
      return new HttpError(409, detail, { kind: "idempotency-key-reused" });
    }
    case "protected": {
      const where = result.proposal.environments.join(", ");
      const hint = "change its file in a pull request, or set GITHUB_TOKEN and GITHUB_REPOSITORY";
      const detail = `Cannot change "${name}" here: ${where} is protected, and this server opens no pull requests; ${hint}`;
      return new HttpError(403, detail, { kind: "protected-environment" });
    }
    case "not-disabling": {
      const detail = `Cannot use Break-Glass for this change of "${name}": it may only disable`;
      return new HttpError(400, detail, { kind: "break-glass" });
    }
    case "not-for-everyone": {
      const detail = `Cannot turn "${name}" on for everyone: ${result.reason}; ${result.hint}`;
      return new HttpError(409, detail, { kind: "not-for-everyone" });
    }
    case "failed-tests": {
      const errors = result.failures.map(({ file, line, column, code, message }) => {
        return { pointer: "#", code, message, file, line, column };
      });
      const [first] = errors;
      const detail = `Cannot change "${name}": ${first?.file}:${first?.line}: ${first?.message}; change the test first, in a pull request`;
      return new HttpError(409, detail, { kind: "failed-test", errors });
    }
    case "required": {
      const flags = result.by.map((flag) => `"${flag}"`).join(", ");
      const detail = `Cannot delete "${name}": it is required by ${flags}; delete it from their "requires" first`;
      return new HttpError(409, detail, { kind: "required-flag" });
    }
    case "forbidden": {
      const where = result.environments.join(", ");
      const detail = `Cannot change "${name}" in ${where}: this token is for other environments`;
      return new HttpError(403, detail);
    }
    case "read-only": {
      const errors = result.keys.map((key) => ({
        pointer: `#/${key}`,
        code: "read-only",
        message: `"${key}" cannot be changed here`,
      }));
      const detail = `Cannot change ${result.keys.join(", ")} of "${name}" here: send it as it was read, or leave it out`;
      const isAtRoot = result.keys.includes("description");
      const hint = isAtRoot ? `; ${outputs.list.path}${name} takes a description` : "";
      return new HttpError(400, detail + hint, { errors });
    }
    case "invalid": {
      const errors = result.errors.map(({ key, code, message }) => {
        return { pointer: `#/${key}`, code, message };
      });
      const detail = errors.map(({ message }) => message).join("; ");
      return new HttpError(400, detail, { errors });
    }
  }
}
