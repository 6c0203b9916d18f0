import { middle } from "../measure/cost.ts";
import type { Comparison, Figure } from "../measure/figure.ts";
import { Background } from "../measure/process.ts";
import type { Scratch } from "../measure/scratch.ts";

/** The duration of a turn. */
const seconds = 2;

/** A server of `jobs/serve.ts` in a process of its own. */
export class Server extends Background {
  /** The list's URL. */
  readonly url: string = "";
  readonly token: string = "";

  static async start(kind: string, scratch: Scratch): Promise<Server> {
    const job = new URL("../jobs/serve.ts", import.meta.url);
    const server = new Server(job, [kind, scratch.repository, scratch.path(".")]);
    return Object.assign(server, await server.receive());
  }
}

export interface Case {
  readonly name: string;
  readonly server: Server;
  /** Default: a GET of the list. Requests with an unknown `origin` do not use the fast paths. */
  readonly request?: {
    readonly url?: string;
    readonly origin?: string;
    readonly method?: string;
    readonly body?: string;
  };
  /** The name of the case that it is compared with. */
  readonly than?: string;
  /** The smallest share of the other case's rate. */
  readonly least?: number;
}

interface Measured {
  /** Responses per second. */
  readonly rate: number;
  /** The server's processor time per response, in µs. */
  readonly cpu: number;
}

/** What was measured in each round, by the name of the case. */
export type Measurements = Map<string, Measured[]>;

/**
 * The rate of responses. The servers run at the same time and are measured in turns, so that other work
 * of the machine affects all of them equally. A share is the median of the shares of all rounds in
 * `measured`, to which the new rounds are added.
 */
export async function measureInTurns(
  cases: readonly Case[],
  rounds: number,
  measured: Measurements = new Map(),
): Promise<Figure[]> {
  using load = new Background(new URL("../jobs/load.ts", import.meta.url));
  // The first round only warms up.
  for (let round = 0; round <= rounds; round++) {
    // A case gains or loses by the one before it, so every other round has the opposite order.
    for (const { name, server, request } of round % 2 === 0 ? cases : cases.toReversed()) {
      const before = (await server.ask()).cpu;
      const { url, token } = server;
      const { rate, total } = await load.ask({ url, token, seconds, ...request });
      const cpu = ((await server.ask()).cpu - before) / total;
      if (round > 0) measured.set(name, [...(measured.get(name) ?? []), { rate, cpu }]);
    }
  }
  return cases.map((one) => figure(one, measured));
}

function figure({ name, than, least }: Case, measured: Measurements): Figure {
  const own = measured.get(name) ?? [];
  const comparisons: Comparison[] = [
    { unit: "answers/s", value: Math.round(middle(own.map(({ rate }) => rate))) },
    { unit: "µs of the processor", value: Math.round(middle(own.map(({ cpu }) => cpu)) * 10) / 10 },
  ];
  if (than === undefined) return { name, comparisons };
  const other = measured.get(than) ?? [];
  const shares = own.map(({ rate }, round) => rate / (other[round]?.rate ?? Number.NaN));
  const costs = own.map(({ cpu }, round) => (other[round]?.cpu ?? Number.NaN) / cpu);
  const share = { unit: `of ${than}`, value: middle(shares), cpu: middle(costs), least };
  return { name, comparisons: [...comparisons, share] };
}
