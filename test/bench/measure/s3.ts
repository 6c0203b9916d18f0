import { Background } from "./process.ts";

export interface Requests {
  readonly requests: number;
  /** The requests that change something. */
  readonly writes: number;
}

/** An S3 double in a process of its own, so that its cost is not part of the measured process. */
export class S3 extends Background {
  constructor() {
    super(new URL("../jobs/double.ts", import.meta.url));
  }

  /** The variables that make a client use it. */
  async environment(): Promise<Record<string, string>> {
    const { endpoint, region, accessKeyId, secretAccessKey } = await this.receive();
    return {
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    };
  }

  /** The requests since the last call. */
  requests(): Promise<Requests> {
    return this.ask();
  }
}
