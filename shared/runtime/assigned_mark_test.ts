import assert from "node:assert/strict";
import { isAssigned, withAssignedMark } from "./assigned_mark.ts";

Deno.test("the mark of an assigned client is beside what else the URL has, once", () => {
  for (
    const [url, marked] of [
      ["moqt://a:4433", "moqt://a:4433/?via=assign"],
      ["https://[::1]:4433/", "https://[::1]:4433/?via=assign"],
      ["https://a/room", "https://a/room?via=assign"],
      ["https://a/room?jwt=x.y", "https://a/room?jwt=x.y&via=assign"],
      ["https://a/?via=assign", "https://a/?via=assign"],
      ["tokyo", "tokyo"],
      ["", ""],
    ] as const
  ) {
    assert.equal(withAssignedMark(url), marked);
    assert.equal(withAssignedMark(marked), marked);
  }
});

Deno.test("isAssigned() looks for the mark in the query alone", () => {
  for (const path of ["/?via=assign", "?via=assign", "/a?jwt=x&via=assign", "/?via=b&via=assign"]) {
    assert.equal(isAssigned(path), true, path);
  }
  for (const path of ["", "/", "/via=assign", "/?via", "/?via=assigned", "/?jwt=via=assign"]) {
    assert.equal(isAssigned(path), false, path);
  }
});
