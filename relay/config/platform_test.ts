import assert from "node:assert/strict";
import { platformProblem } from "./platform.ts";

Deno.test("platformProblem() has nothing against a Deno that will do", () => {
  for (const deno of ["2.9.5", "2.9.6", "2.10.0", "3.0.0", "2.9.6+abc"]) {
    assert.equal(platformProblem(deno, true), undefined, deno);
  }
});

Deno.test("platformProblem() says which Deno is needed", () => {
  for (const deno of ["2.9.4", "2.8.99", "1.46.3"]) {
    assert.match(platformProblem(deno, true)!, /needs Deno 2\.9\.5 or newer and this is [\d.]+:/);
  }
});

Deno.test("platformProblem() says how QUIC is switched on", () => {
  assert.match(platformProblem("2.9.6", false)!, /--unstable-net/);
});

Deno.test("platformProblem() finds nothing wrong with the Deno that runs this", () => {
  assert.equal(platformProblem(Deno.version.deno, "QuicEndpoint" in Deno), undefined);
});
