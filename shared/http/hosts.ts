/**
 * The host that a Host header names, without its port, in lower case; `undefined` where it names
 * none, or is no host.
 */
export function hostOf(header: string): string | undefined {
  const url = URL.parse(`http://${header}`);
  const isWhole = url !== null && url.host !== "" && url.pathname === "/" && url.search === "" &&
    url.hash === "" && url.username === "" && url.password === "" && !/[/?#@\\\s]/.test(header);
  return isWhole ? url.hostname : undefined;
}

/**
 * Whether a host cannot be pointed at this machine by an attacker: an address, this machine's own
 * names, or a name of a private network. Any other name may resolve to this machine by DNS
 * rebinding, and then a browser lets its page read the answers.
 */
export function isPrivateName(host: string): boolean {
  if (/^\[.*\]$/.test(host) || /^\d+(\.\d+){3}$/.test(host)) return true;
  // A name of one label is not in the public DNS.
  if (!host.includes(".")) return true;
  return /\.(localhost|local|internal|lan|home\.arpa|svc|cluster\.local|test)$/.test(host);
}
