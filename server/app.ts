import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import { contentTypeOf, etag, type Release } from "../schema/release.ts";
import { problem } from "./problem.ts";

/** The API over one release: each URL is answered with the release's own bytes. */
export function createApp(release: Release): Express {
  const app = express();
  app.disable("x-powered-by");
  // Entity tags are the release's, never Express's own.
  app.disable("etag");
  app.use(refuseBadEscapes, allowReadsOnly, serve(release), notFound, failed);
  return app;
}

const refuseBadEscapes: RequestHandler = (request, response, next) => {
  try {
    decodeURIComponent(request.path);
    next();
  } catch {
    problem(
      request,
      response,
      400,
      "Cannot read the URL: it has a percent sign that escapes nothing",
    );
  }
};

const allowReadsOnly: RequestHandler = (request, response, next) => {
  if (request.method === "GET" || request.method === "HEAD") return next();
  response.set("Allow", "GET, HEAD");
  problem(request, response, 405, `Cannot ${request.method} here: only GET and HEAD are allowed`);
};

/** Paths are compared as they came: another case, an escape or a second slash is another URL. */
function serve(release: Release): RequestHandler {
  const responses = new Map(
    release.responses.map((one) => [one.path, { ...one, bytes: Buffer.from(one.body) }]),
  );
  return (request, response, next) => {
    const found = responses.get(request.path);
    if (!found) return next();
    response.set("Cache-Control", "private, no-cache");
    response.set("ETag", etag(found));
    if (request.fresh) return void response.status(304).end();
    // Not by Express's own `set`, which would add a charset.
    response.setHeader("Content-Type", contentTypeOf(found.path));
    response.set("Content-Length", String(found.length));
    response.end(request.method === "HEAD" ? undefined : found.bytes);
  };
}

const notFound: RequestHandler = (request, response) => {
  problem(request, response, 404, `Cannot find "${request.path}": no flag or list is served there`);
};

/** Nothing of a failure's insides reaches a client. */
const failed: ErrorRequestHandler = (error, request, response, _next) => {
  console.error(error);
  problem(request, response, 500, "Cannot answer: the server failed");
};
