/** `store-worker.ts DIRECTORY REMOTE` opens a store and executes the requests of its parent process. */

import { RemoteBranch } from "../../../../store/remote/remote-branch.ts";
import { FlagStore } from "../../../../store/writes/flag-store.ts";
import type { Answer, Order } from "./store-process.ts";

const [directory = "", remote = ""] = process.argv.slice(2);
const store = await FlagStore.open(await RemoteBranch.open(directory, remote, "main"), {
  commitKeys: ["k".repeat(64)],
});
process.on("message", (order: Order) => void answer(order));
process.on("disconnect", () => process.exit());
process.send?.({ id: 0, value: "ready" } satisfies Answer);

async function answer({ id, ...order }: Order): Promise<void> {
  try {
    process.send?.({ id, value: await execute(order) } satisfies Answer);
  } catch (error) {
    const { name, message } = error as Error;
    process.send?.({ id, error: { name, message } } satisfies Answer);
  }
}

async function execute({ write, expects, isSync }: Omit<Order, "id">): Promise<unknown> {
  if (write) {
    const isExpected: Parameters<FlagStore["write"]>[0]["isExpected"] = (known) =>
      expects === undefined || known?.flag.description === expects;
    return store.write({ ...write, isExpected });
  }
  if (isSync) await store.sync();
  const { current, health } = store;
  return { flags: current?.snapshot.flags, commit: current?.snapshot.commit, health };
}
