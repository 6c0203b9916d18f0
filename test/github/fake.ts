/**
 * A fake of GitHub's REST API in this process, over a real bare repository. Each request and each
 * response is checked against GitHub's own description; an error fails the test.
 *
 *     const github = await startGitHub(repository.clone("--bare"));
 *     runScript("comment", [...], { in: clone, env: github.env });
 *     github.fault({ kind: "secondary-limit", on: "issues/create-comment" });
 *     github.merge(7); // like a person in the browser
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import type { TestRepository } from "../git/repository.ts";
import { checkAfterEachTest, cleanUpAfterFile } from "../setup/test-file.ts";
import { type Call, checkAnswer, checkRequest, findCall } from "./api/description.ts";
import type { OperationId } from "./api/operations.ts";
import { rightsFor } from "./api/permissions.ts";
import { type Answer, type Fault, Faults, faults, problem } from "./fault.ts";
import type { Host } from "./handlers/handler.ts";
import { newComment, newIssue } from "./handlers/issues.ts";
import { mergePull, type NewPull, openPull } from "./handlers/pulls.ts";
import { addReview } from "./handlers/reviews.ts";
import { handlers } from "./handlers/service.ts";
import {
  type Account,
  type CommitStatus,
  emptyState,
  type Issue,
  type Review,
  type State,
} from "./state.ts";

export interface GitHubOptions {
  /** `owner/repo`. */
  readonly repository?: string;
  readonly defaultBranch?: string;
  /** Items on one page: few, so that a client that reads only the first page fails. */
  readonly pageSize?: number;
  /** Seconds since 1970. */
  readonly now?: () => number;
}

export interface RecordedRequest {
  readonly operation: OperationId | undefined;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  /** Missing before the response. */
  status?: number;
}

/** The account of a workflow's token. */
const robot: Account = { login: "github-actions[bot]", isInstallation: true };

/** Serves until the file's last test. `bare` is the repository that is hosted. */
export async function startGitHub(
  bare: TestRepository,
  options: GitHubOptions = {},
): Promise<FakeGitHub> {
  const github = new FakeGitHub(bare, options);
  await github.start();
  checkAfterEachTest(() => {
    const violations = github.takeViolations();
    if (violations.length > 0)
      throw new Error(`Not as GitHub describes it:\n${violations.join("\n")}`);
  });
  cleanUpAfterFile(() => github.stop());
  return github;
}

export class FakeGitHub {
  /** In the order of arrival. */
  readonly requests: RecordedRequest[] = [];
  /** The token that this GitHub accepts. */
  readonly token = "ghs_000000000000000000000000000000000000";
  readonly repository: string;
  readonly bare: TestRepository;
  readonly state: State = emptyState();
  readonly #options: GitHubOptions;
  readonly #faults = new Faults();
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch((error) => {
      this.#violations.push(`the fake itself failed: ${(error as Error).stack}`);
      response.destroy();
    });
  });
  #violations: string[] = [];
  #host: Host | undefined;

  constructor(bare: TestRepository, options: GitHubOptions) {
    this.bare = bare;
    this.#options = options;
    this.repository = options.repository ?? "mealtrack/flags";
    this.state.users.set(this.token, robot);
  }

  async start(): Promise<void> {
    // The same process runs git and waits for it, on a busy machine longer than Node's five seconds.
    this.#server.keepAliveTimeout = 60_000;
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const api = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    const [owner = "", repo = ""] = this.repository.split("/");
    this.#host = {
      ...{ bare: this.bare, state: this.state, owner, repo, api, web: "https://github.example" },
      defaultBranch: this.#options.defaultBranch ?? "main",
      pageSize: this.#options.pageSize ?? 2,
      now: this.#options.now ?? (() => Math.floor(Date.now() / 1_000)),
    };
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  get host(): Host {
    if (!this.#host) throw new Error("Cannot use this GitHub: it was not started");
    return this.#host;
  }

  get apiUrl(): string {
    return this.host.api;
  }

  /** The variables that GitHub sets for a workflow. */
  get env(): Record<string, string> {
    return {
      GITHUB_TOKEN: this.token,
      GITHUB_REPOSITORY: this.repository,
      GITHUB_API_URL: this.apiUrl,
      GITHUB_SERVER_URL: this.host.web,
    };
  }

  /** A token of its own for an account. */
  issueToken(account: Partial<Account> & Pick<Account, "login">): string {
    const token = `ghp_${String(this.state.users.size).padStart(36, "0")}`;
    this.state.users.set(token, { isInstallation: false, ...account });
    return token;
  }

  fault(fault: Fault): void {
    this.#faults.plan(fault);
  }

  heal(): void {
    this.#faults.heal();
  }

  /** An issue, as someone else opens it. */
  openIssue(author: string, title: string, body = ""): Issue {
    return newIssue(this.host, author, title, body);
  }

  /** A comment, as someone else writes it. */
  comment(issue: number, author: string, body: string): void {
    newComment(this.host, issue, author, body);
  }

  /** A pull request, as a person opens it: from a branch of ours, or from a fork (`owner`). */
  openPull(pull: Partial<NewPull> & Pick<NewPull, "branch" | "sha">): Issue {
    const standard = { author: "ada", title: pull.branch, body: "", base: "main", draft: false };
    return openPull(this.host, { ...standard, owner: this.host.owner, ...pull });
  }

  /** Merges a pull request by a real commit in the repository, and returns that commit. */
  merge(number: number, { by = "grace", squash = false } = {}): string {
    const issue = this.state.issues.get(number);
    const commit = issue && mergePull(this.host, issue, by, squash);
    if (commit === undefined) throw new Error(`Cannot merge #${number}`);
    return commit;
  }

  /** A review of the pull request's newest commit, as by a person in the browser. */
  review(issue: Issue, login: string, state: Review["state"]): void {
    addReview(this.host, issue, login, state);
  }

  /** The newest commit status of a context. */
  status(commit: string, context: string): CommitStatus | undefined {
    return this.state.statuses.findLast(
      (status) => status.commit === commit && status.context === context,
    );
  }

  /** The bodies of the comments on an issue, oldest first. */
  comments(issue: number): string[] {
    return [...this.state.comments.values()]
      .filter((comment) => comment.issue === issue)
      .map(({ body }) => body);
  }

  /** Returns the violations of GitHub's description and removes them, so that they do not fail the test. */
  takeViolations(): string[] {
    return this.#violations.splice(0);
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(message.url ?? "/", this.apiUrl);
    const method = message.method ?? "";
    const bytes = await buffer(message);
    const body = bytes.length === 0 ? undefined : JSON.parse(bytes.toString("utf8"));
    const call = findCall(method, pathname);
    const request: RecordedRequest = {
      operation: call?.operation.id,
      method,
      path: pathname,
      body,
    };
    this.requests.push(request);

    const fault = this.#faults.take(call?.operation.id);
    if (fault?.kind === "hang") return;
    if (fault?.kind === "drop") return void message.socket.destroy();
    if (fault?.kind === "slow") await pause(500);
    const planned =
      fault && fault.kind in faults ? faults[fault.kind as keyof typeof faults] : undefined;
    const answer = planned?.(fault?.retryAfter) ?? this.#answer(message, call, searchParams, body);
    if (fault?.kind === "drop-after") return void message.socket.destroy();
    const sent = fault?.kind === "bad-gateway-after" ? faults["bad-gateway"]() : answer;
    request.status = sent.status;
    send(response, sent);
  }

  #answer(
    message: IncomingMessage,
    call: Call | undefined,
    query: URLSearchParams,
    body: unknown,
  ): Answer {
    const token = /^(?:token|bearer) (.+)$/i.exec(message.headers.authorization ?? "")?.[1] ?? "";
    const account = this.state.users.get(token);
    if (!account) return problem(401, "Bad credentials");
    const wrong = call ? checkRequest(call, query, body) : ["no such operation"];
    if (!message.headers["user-agent"]) wrong.push("a user agent is missing");
    this.#violations.push(...wrong.map((what) => `${message.method} ${message.url}: ${what}`));
    if (!call || wrong.length > 0) return problem(422, `Not as described: ${wrong.join("; ")}`);

    const { params, operation } = call;
    const { owner = this.host.owner, repo = this.host.repo } = params;
    if (`${owner}/${repo}` !== this.repository) return problem(404, "Not Found");
    const refusal = refuse(account, operation.id);
    if (refusal) return refusal;
    const input = { params, query, body: (body ?? {}) as Record<string, unknown>, account };
    const answer = handlers[operation.id]({ ...input, host: this.host });
    const off = checkAnswer(operation, answer.status, answer.body);
    this.#violations.push(...off.map((what) => `${operation.id}: ${what}`));
    return answer;
  }
}

/** The refusal of an operation that a token may not do, with the header that lists the needed permissions. */
function refuse({ permissions }: Account, operation: OperationId): Answer | undefined {
  if (!permissions) return undefined;
  const rights = rightsFor(operation);
  const isAllowed = rights.some(([area, level]) => {
    const has = area === "metadata" ? "read" : permissions[area];
    return has === "write" || has === level;
  });
  if (isAllowed) return undefined;
  const wanted = rights.map(([area, level]) => `${area}=${level}`).join("; ");
  return problem(403, "Resource not accessible by integration", {
    "x-accepted-github-permissions": wanted,
  });
}

function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const isText = typeof body === "string";
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "x-ratelimit-limit": "5000",
    "x-ratelimit-remaining": "4999",
    "x-github-request-id": "FAKE:0",
    ...headers,
  });
  response.end(body === undefined ? undefined : isText ? body : JSON.stringify(body));
}
