/**
 * A request's target without the host that it may name (RFC 9112, section 3.2.2). Express passes
 * over all handlers where it cannot read the host, and answers in HTML.
 */
export function originForm(target = "/"): string {
  const [host] = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(target) ?? [];
  if (host === undefined) return target;
  const rest = target.slice(host.length);
  return rest.startsWith("/") ? rest : `/${rest}`;
}
