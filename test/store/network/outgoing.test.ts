/** A host that only the proxy can reach shows that a request went through it. */
import { HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, describe, expect, test, vi } from "vitest";
import { JwtVerifier } from "../../../server/auth/jwt.ts";
import { readServedManifest } from "../../../store/cdn/cdn.ts";
import { gitEnvironment } from "../../../store/git/environment.ts";
import { GitHub } from "../../../store/github/github.ts";
import { readGitHubOptions } from "../../../store/github/options.ts";
import { outgoingFetch } from "../../../store/network/outgoing.ts";
import { createClient } from "../../../store/target/s3-client.ts";
import { startGitHub } from "../../github/fake.ts";
import { startS3Double } from "../../s3/double.ts";
import { audience, Issuer } from "../../server/setup/issuer.ts";
import { Remote } from "../../server/setup/remote.ts";
import { type ProxyServer, startProxy } from "./proxy-server.ts";

const proxies: ProxyServer[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const proxy of proxies.splice(0)) proxy.close();
});

/** Starts a proxy for the server at a URL, and sets it in the environment. */
async function useProxy(target: string): Promise<ProxyServer> {
  const proxy = await startProxy(Number(new URL(target).port));
  proxies.push(proxy);
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY"]) vi.stubEnv(name, proxy.url);
  vi.stubEnv("NO_PROXY", "localhost,127.0.0.1,.internal.example");
  return proxy;
}

describe("the proxy of the environment gets", () => {
  test("requests to GitHub", async () => {
    const fake = await startGitHub(new Remote().bare);
    const proxy = await useProxy(String(fake.env.GITHUB_API_URL));
    const env = { ...fake.env, GITHUB_API_URL: "http://api.github.test" };
    const github = new GitHub(readGitHubOptions(env));
    const pulls = await github.do("read", (rest, where) => rest.pulls.list(where));
    expect(pulls).toEqual([]);
    expect(proxy.tunnels).toContain("api.github.test:80");
  });

  test("requests to an issuer, for its description and its keys", async () => {
    const issuer = await Issuer.start();
    const proxy = await useProxy(issuer.url);
    const url = "http://issuer.test/realm";
    issuer.says = { issuer: url, jwks_uri: `${url}/keys` };
    const oidc = { issuer: url, audience, roleClaim: "role" };
    const token = await issuer.sign({ claims: { iss: url } });
    const verified = await new JwtVerifier(oidc, () => {}).verify(token);
    expect(verified).toMatchObject({ principal: { role: "editor" } });
    expect(issuer.requestedPaths).toHaveLength(2);
    expect(proxy.tunnels).toContain("issuer.test:80");
  });

  test("requests to S3", async () => {
    const double = await startS3Double({ bucket: "flags" });
    const proxy = await useProxy(double.endpoint);
    const { region, credentials } = double;
    const endpoint = "http://s3.test";
    const client = createClient({ endpoint, region, credentials, forcePathStyle: true });
    const object = { Bucket: "flags", Key: "a" };
    await client.send(new PutObjectCommand({ ...object, Body: "x" }));
    await client.send(new HeadObjectCommand(object));
    expect(double.requests).toHaveLength(2);
    expect(new Set(proxy.tunnels)).toEqual(new Set(["s3.test:80"]));
    client.destroy();
    await double.close();
  });

  test("checks of the CDN", async () => {
    const double = await startS3Double({ bucket: "flags", publicRead: true, publicList: true });
    const proxy = await useProxy(double.endpoint);
    expect(await readServedManifest("http://cdn.test/flags")).toBeUndefined();
    expect(proxy.tunnels).toEqual(["cdn.test:80"]);
    await double.close();
  });
});

test("git gets HTTP_PROXY in lower case, the only spelling that it reads", () => {
  vi.stubEnv("HTTP_PROXY", "http://proxy.test:3128");
  expect(gitEnvironment().http_proxy).toBe("http://proxy.test:3128");
  vi.stubEnv("http_proxy", "http://other.test:3128");
  expect(gitEnvironment().http_proxy).toBe("http://other.test:3128");
});

test("NO_PROXY names hosts that are reached directly", async () => {
  const issuer = await Issuer.start();
  const proxy = await useProxy(issuer.url);
  expect((await outgoingFetch(`${issuer.url}/keys`)).status).toBe(200);
  await expect(outgoingFetch("http://a.internal.example/")).rejects.toThrow();
  expect(proxy.tunnels).toEqual([]);
});

test("a proxy that is not an HTTP proxy is an error without its password", async () => {
  vi.stubEnv("HTTPS_PROXY", "socks5://ada:hunter2@proxy.test:1080");
  const failed = outgoingFetch("https://api.github.test/");
  await expect(failed).rejects.toThrow(
    'Cannot use the proxy for api.github.test: it must be an http:// or https:// URL, not "socks5://…"',
  );
});
