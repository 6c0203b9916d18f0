export interface Settings {
  readonly host: string;
  readonly port: number;
}

/** The server's settings from its environment. Throws where one cannot be meant. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const { PORT = "8080", HOST = "127.0.0.1" } = environment;
  if (!/^\d{1,5}$/.test(PORT) || Number(PORT) > 65_535) {
    throw new Error(`Cannot listen on PORT "${PORT}": it must be a number from 0 to 65535`);
  }
  return { host: HOST, port: Number(PORT) };
}
