import pino, { type Logger } from "pino";

/** JSON lines on stdout. They never contain a credential. */
export function createLog(level: string): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: ["req.headers.authorization", "token", "*.token", "secret", "*.secret"],
  });
}
