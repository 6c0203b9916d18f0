/** The body as text; `undefined` if it is larger than `maxBytes`, and then the rest is not read. */
export async function readBody(response: Response, maxBytes: number): Promise<string | undefined> {
  const reader = response.body?.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for (;;) {
    const chunk = await reader?.read();
    if (!chunk?.value) return new Blob(chunks).text();
    chunks.push(chunk.value);
    bytes += chunk.value.length;
    if (bytes > maxBytes) {
      // If the response was cloned, this settles after the clone is read: do not wait for it.
      void reader?.cancel();
      return undefined;
    }
  }
}
