import type { MakeEvent } from "../events/streams.ts";
import type { Responses } from "./responses.ts";

/** The events of lists: each commit is one, with the commit as its id and the list as its data. */
export function listEvents(responses: Responses): MakeEvent {
  return (path, commit) => {
    const answer = responses.get(path);
    return answer && { id: commit, bytes: Buffer.from(`id: ${commit}\ndata: ${answer.body}\n\n`) };
  };
}
