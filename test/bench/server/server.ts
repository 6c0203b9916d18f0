import type { Section } from "../measure/figure.ts";
import type { Plan } from "../measure/samples.ts";
import { evaluations } from "./evaluations.ts";
import { reads } from "./reads.ts";
import { eventStreams } from "./streams.ts";

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
