import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { S3Double } from "../../../s3/double.ts";
import { bundleModule } from "../../../setup/bundle-module.ts";
import type { Job, PublisherMessage } from "./publisher.ts";

/** A process that publishes the commits that the test sends to it. */
export class PublisherProcess {
  readonly child: ChildProcess;
  readonly ready: Promise<void>;
  readonly #ended: Promise<unknown>;

  /** `like` is a target of the same kind as those that it will publish to. */
  constructor(like: string, { endpoint, region, credentials }: S3Double) {
    this.child = fork(bundleModule(new URL("./publisher.ts", import.meta.url)), [like], {
      env: {
        ...process.env,
        AWS_ENDPOINT_URL_S3: endpoint,
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      },
    });
    this.#ended = once(this.child, "exit");
    const ended = this.#ended.then(() => {
      throw new Error("The publisher has ended before it was ready");
    });
    this.ready = Promise.race([this.#receive((news) => news === "ready").then(() => {}), ended]);
    // A process may be killed before it is ready.
    this.ready.catch(() => {});
  }

  /** Starts a job. `begun` resolves before its first change, `ended` with its result. */
  start(job: Job): {
    readonly begun: Promise<PublisherMessage>;
    readonly ended: Promise<PublisherMessage | undefined>;
  } {
    const begun = this.#receive((news) => news === "begin");
    const result = this.#receive((news) => news !== "ready" && news !== "begin");
    this.child.send(job);
    return { begun, ended: Promise.race([result, this.#ended.then(() => undefined)]) };
  }

  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.#ended;
  }

  #receive(matches: (news: PublisherMessage) => boolean): Promise<PublisherMessage> {
    return new Promise((resolve) => {
      const listen = (news: PublisherMessage) => {
        if (!matches(news)) return;
        this.child.off("message", listen);
        resolve(news);
      };
      this.child.on("message", listen);
    });
  }
}
