/**
 * Claims of CWT and CAT (CTA 5007-B) that restrict a token in a way that this relay cannot check, by
 * their registered numbers.
 */
const RESTRICTIONS: ReadonlyMap<unknown, string> = new Map([
  [8, "cnf, which asks for a proof of possession"],
  [282, "geohash, which is about where its holder is"],
  [308, "catreplay, which asks whether it was used before"],
  [309, "catpor, which is about what was sent of it"],
  [311, "catnip, which is about networks"],
  [312, "catu, which is about URLs of HTTP"],
  [313, "catm, which is about methods of HTTP"],
  [314, "catalpn, which is about protocols of TLS"],
  [315, "cath, which is about headers of HTTP"],
  [316, "catgeoiso3166, which is about where its holder is"],
  [317, "catgeocoord, which is about where its holder is"],
  [318, "catgeoalt, which is about where its holder is"],
  [319, "cattpk, which is about a key of TLS"],
  [320, "catifdata, which answers in HTTP"],
  [321, "catdpop, which asks for a proof of possession"],
  [322, "catif, which answers in HTTP"],
  [323, "catr, which renews it in HTTP"],
]);

/**
 * Why a token with a claim that is not understood is refused: whatever it says may restrict the token.
 * The claims that combine others (or, nor, and) have no registered number, and end here too.
 */
export function whyForeign(claim: unknown): string {
  const known = RESTRICTIONS.get(claim);
  if (known !== undefined) return `its claim ${Number(claim)} (${known}) cannot be checked here`;
  return `its claim ${nameOf(claim)} is none that is understood`;
}

function nameOf(claim: unknown): string {
  return typeof claim === "number" ? String(claim) : "that has no number";
}
