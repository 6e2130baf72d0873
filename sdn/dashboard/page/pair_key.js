/** The key of the link between two relays, in either order. */
export function pairKey(a, b) {
  return JSON.stringify(a < b ? [a, b] : [b, a]);
}
