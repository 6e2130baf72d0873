import assert from "node:assert/strict";

/** What `place.js` makes of an address that a page was opened at. */
async function placeAt(href: string) {
  const before = Object.getOwnPropertyDescriptor(globalThis, "location");
  Object.defineProperty(globalThis, "location", { value: { href }, configurable: true });
  try {
    // Each address has the module anew: it reads it when it is loaded.
    return await import(`./files/place.js?at=${encodeURIComponent(href)}`);
  } finally {
    if (before === undefined) Reflect.deleteProperty(globalThis, "location");
    else Object.defineProperty(globalThis, "location", before);
  }
}

Deno.test("a page that a controller sent somebody to says so to the relay, and to nobody else", async () => {
  const { sessionUrl, pageAddress, watchAddress, lookUpUrl } = await placeAt(
    "https://tokyo.example:4433/watch?name=cam&path=/demo&jwt=abc&via=assign",
  );
  assert.equal(sessionUrl().href, "https://tokyo.example:4433/demo?jwt=abc&via=assign");
  // The pages of this relay are for the same person.
  assert.match(pageAddress("publish"), /[?&]via=assign$/);
  assert.doesNotMatch(watchAddress("cam"), /via=|jwt=/);
  assert.doesNotMatch(lookUpUrl("cam").href, /via=/);
});

Deno.test("a page that somebody found alone has no mark, whatever else its address says", async () => {
  for (const query of ["", "?via=", "?via=friend", "?viaassign"]) {
    const { sessionUrl, pageAddress } = await placeAt(`https://tokyo.example:4433/${query}`);
    assert.equal(sessionUrl().href, "https://tokyo.example:4433/");
    assert.equal(pageAddress("publish"), "https://tokyo.example:4433/publish");
  }
});
