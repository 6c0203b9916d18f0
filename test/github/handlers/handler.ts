/** The input of a handler: the request, and all of GitHub's data. */
import type { TestRepository } from "../../git/repository.ts";
import { at } from "../api/description.ts";
import { sample } from "../api/sample.ts";
import type { Answer } from "../fault.ts";
import type { Account, State } from "../state.ts";

export interface Host {
  readonly bare: TestRepository;
  readonly state: State;
  readonly owner: string;
  readonly repo: string;
  /** The branch that pull requests go to. */
  readonly defaultBranch: string;
  /** URLs of the API and of the pages for people. */
  readonly api: string;
  readonly web: string;
  /** Items on one page, unless the client asks for fewer. */
  pageSize: number;
  /** Seconds since 1970. */
  readonly now: () => number;
}

export interface HandlerInput {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  readonly account: Account;
  readonly host: Host;
}

export type Handler = (input: HandlerInput) => Answer;

/** An object of GitHub by its schema's name; missing required fields are filled in. */
export function render(schema: string, known: Readonly<Record<string, unknown>>): unknown {
  return sample(at(`/components/schemas/${schema}`), known);
}

export function timeOf(host: Host): string {
  return new Date(host.now() * 1_000).toISOString().replace(/\.\d+/, "");
}

export function user(login: string): unknown {
  const type = login.endsWith("[bot]") ? "Bot" : "User";
  return render("simple-user", { login, type, id: 1 + (login.length % 1_000) });
}

export function takeId(state: State): number {
  state.nextId += 1;
  return state.nextId;
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
