import type { Section } from "./figure.ts";
import type { Plan } from "./samples.ts";
import { evaluations } from "./server-evaluations.ts";
import { reads } from "./server-reads.ts";
import { eventStreams } from "./server-streams.ts";

/** The cost of the server: reads compared with bare servers, evaluations, event streams. */
export async function* server({ runs, progress }: Plan): AsyncGenerator<Section> {
  for (const size of [100, 1_000]) {
    progress(`server, reads: ${size} flags`);
    yield await reads(size, runs);
  }
  progress("server, evaluations");
  yield await evaluations(runs);
  progress("server, event streams");
  yield await eventStreams();
}
