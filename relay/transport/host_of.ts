/** The host of an address as connections have it, `192.0.2.7:4433` or `[2001:db8::7]:4433`. */
export function hostOf(remoteAddress: string): string {
  return remoteAddress.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
}
