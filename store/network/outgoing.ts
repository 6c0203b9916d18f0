/**
 * Outgoing HTTP: to GitHub, the OpenID Connect issuer, S3 and the CDN. If a proxy is set in the
 * environment, all of it goes through the proxy; git reads the same variables itself.
 */
const variables = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"];

/** Whether the environment names a proxy. */
function hasProxy(env: NodeJS.ProcessEnv): boolean {
  return variables.some((name) => (env[name] ?? "") !== "");
}

/** `fetch()`, through the proxy of the environment if there is one. */
export async function outgoingFetch(url: string | URL, init?: RequestInit): Promise<Response> {
  if (!hasProxy(process.env)) return fetch(url, init);
  const { proxiedFetch } = await import("./proxy.ts");
  return proxiedFetch(url, init);
}

/** The options of a request handler of the AWS SDK, with agents for the proxy if there is one. */
export function withOutgoingAgents<Options extends object>(options: Options): Options {
  if (!hasProxy(process.env)) return options;
  const withAgents = async () => {
    const { proxyAgents } = await import("./proxy.ts");
    return { ...options, ...proxyAgents() };
  };
  // The SDK also takes a function that returns the options, which its types do not say.
  return withAgents as unknown as Options;
}
