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
 * Whether nobody else can make this name mean an address of his choice: an address itself, this
 * machine, or a name of a private network. A page of any other name may have been told by its own
 * name server that it comes from here, and then the browser lets it read what is here.
 */
export function isPrivateName(host: string): boolean {
  if (/^\[.*\]$/.test(host) || /^\d+(\.\d+){3}$/.test(host)) return true;
  // A name of one label is never one of the public tree's.
  if (!host.includes(".")) return true;
  return /\.(localhost|local|internal|lan|home\.arpa|svc|cluster\.local|test)$/.test(host);
}
