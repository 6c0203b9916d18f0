/** Outgoing HTTP through the proxy of the environment. Loaded only if a proxy is set. */
import * as http from "node:http";
import * as https from "node:https";
import { Agent as BaseAgent } from "agent-base";
import { HttpsProxyAgent } from "https-proxy-agent";
import { getProxyForUrl } from "proxy-from-env";
import { Agent as DirectDispatcher, type Dispatcher, fetch, ProxyAgent } from "undici";

const direct = new DirectDispatcher();
const dispatchers = new Map<string, Dispatcher>();

/** `fetch()`, through the proxy unless `NO_PROXY` has the host. */
export async function proxiedFetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
  const proxy = proxyFor(String(url));
  // The types of undici and of Node describe the same objects.
  const options = { ...init, dispatcher: proxy === undefined ? direct : dispatcherOf(proxy) };
  return (await fetch(url, options as Parameters<typeof fetch>[1])) as unknown as Response;
}

export function proxyAgents(): { httpAgent: http.Agent; httpsAgent: https.Agent } {
  const agent = new EnvironmentAgent({ keepAlive: true, maxSockets: 50 });
  return { httpAgent: agent, httpsAgent: agent as unknown as https.Agent };
}

/** An agent that decides for each request whether it goes through the proxy. */
class EnvironmentAgent extends BaseAgent {
  readonly #agents = new Map<string, HttpsProxyAgent<string>>();

  override connect(
    _request: http.ClientRequest,
    { secureEndpoint, host, port }: Parameters<BaseAgent["connect"]>[1],
  ): http.Agent {
    const proxy = proxyFor(`${secureEndpoint ? "https" : "http"}://${host}:${port}`);
    if (proxy === undefined) return secureEndpoint ? https.globalAgent : http.globalAgent;
    const agent = this.#agents.get(proxy) ?? new HttpsProxyAgent(proxy, { keepAlive: true });
    this.#agents.set(proxy, agent);
    return agent;
  }
}

function dispatcherOf(proxy: string): Dispatcher {
  const dispatcher = dispatchers.get(proxy) ?? new ProxyAgent(proxy);
  dispatchers.set(proxy, dispatcher);
  return dispatcher;
}

/** The proxy for a URL by `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`; `undefined` if it has none. */
function proxyFor(url: string): string | undefined {
  const proxy = getProxyForUrl(url);
  if (proxy === "") return undefined;
  if (URL.canParse(proxy) && /^https?:$/.test(new URL(proxy).protocol)) return proxy;
  // Its credentials must not get into a log.
  const scheme = proxy.split("://", 1)[0]?.slice(0, 20);
  throw new Error(
    `Cannot use the proxy for ${new URL(url).host}: it must be an http:// or https:// URL, not "${scheme}://…"`,
  );
}
