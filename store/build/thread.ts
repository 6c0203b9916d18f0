import { Worker } from "node:worker_threads";

/**
 * A thread for work on many files, of plain JavaScript, which does not keep the process. Nothing
 * where the machine gives no more threads; whoever waits for one that fails is to notice.
 */
export function startThread(file: URL, workerData: object): Worker | undefined {
  try {
    const thread = new Worker(file, { execArgv: [], workerData });
    thread.on("error", () => {});
    thread.unref();
    return thread;
  } catch {
    return undefined;
  }
}
