/** The common methods of OpenFeature's clients in each SDK. */
interface EventSource<Name> {
  addHandler(
    name: Name,
    handler: (details?: { readonly flagsChanged?: string[] }) => void,
    options: { readonly signal: AbortSignal },
  ): void;
}

/** Records the events of a client until `signal` is aborted: the name, then the changed flags. */
export function recordEvents<Name extends string>(
  client: EventSource<Name>,
  names: readonly Name[],
  signal: AbortSignal,
): string[] {
  const received: string[] = [];
  for (const name of names) {
    const receive = (details: { readonly flagsChanged?: string[] } = {}) => {
      received.push([name, ...(details.flagsChanged ?? [])].join(" "));
    };
    client.addHandler(name, receive, { signal });
  }
  return received;
}
