/**
 * Claims of CWT and CAT (CTA-5007-B) that restrict a token in a way that this relay cannot check, by
 * their numbers in IANA's registry of CWT claims. Three sources that know nothing of each other have
 * the same: Eyevinn's node-cat (8, 282, 308 to 317, 319 to 323), the crate common-access-token 0.2.7 (308
 * to 319 were looked at), and the CAT library of Akamai's EdgeWorkers (8, 282, 309, 316 to 320, 322, 323).
 * The vectors of draft-ietf-moq-c4m have 282, 311, 312 and 314 to 318, and its text 8 and 321.
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
 * Claims that combine others (draft-lemmons-cose-composite-claims, and `enc` of its first version). They
 * have no registered number: some makers of tokens write 41 to 44, others 324 to 326. What one of them
 * means by a number, another one may mean by none, and a NOR read as an OR lets in whom it keeps out.
 */
const COMPOSITIONS: ReadonlyMap<unknown, string> = new Map([
  [41, "or"],
  [42, "nor"],
  [43, "and"],
  [44, "enc"],
  [324, "or"],
  [325, "nor"],
  [326, "and"],
]);

/**
 * Why a token with a claim that is not understood is refused: whatever it says may restrict the token.
 */
export function whyForeign(claim: unknown): string {
  const known = RESTRICTIONS.get(claim);
  if (known !== undefined) return `its claim ${Number(claim)} (${known}) cannot be checked here`;
  const combines = COMPOSITIONS.get(claim);
  if (combines !== undefined) {
    return `its claim ${
      Number(claim)
    } (perhaps ${combines}, which has no registered number) is none that is understood`;
  }
  return `its claim ${nameOf(claim)} is none that is understood`;
}

function nameOf(claim: unknown): string {
  return typeof claim === "number" ? String(claim) : "that has no number";
}
