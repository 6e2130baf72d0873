/** What tells the link between two relays from others, whichever of them comes first. */
export function pairKey(a, b) {
  return JSON.stringify(a < b ? [a, b] : [b, a]);
}
