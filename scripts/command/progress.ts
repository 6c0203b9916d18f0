/** Writes a line to stderr: stdout is for results. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A progress line on a terminal; nothing if stderr is not a terminal. */
export function progress(doing: string): { at(done: number, all: number): void; end(): void } {
  const isWatched = process.stderr.isTTY;
  let shown = false;
  return {
    at(done, all) {
      if (!isWatched) return;
      process.stderr.write(`\r${doing} ${Math.floor((100 * done) / all)} % of ${all}`);
      shown = true;
    },
    end() {
      if (shown) process.stderr.write("\r\x1b[K");
    },
  };
}
