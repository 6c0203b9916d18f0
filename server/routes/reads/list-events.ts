import type { MakeEvent } from "../events/streams.ts";
import type { Responses } from "./responses.ts";

/** The events of lists: each release is one, with its id as that of the event and the list as the data. */
export function listEvents(responses: Responses): MakeEvent {
  return (path, servedId) => {
    const answer = responses.get(path);
    return (
      answer && { id: servedId, bytes: Buffer.from(`id: ${servedId}\ndata: ${answer.body}\n\n`) }
    );
  };
}
