import assert from "node:assert/strict";
import { AnnouncedNames, type NameEvent } from "./announced_names.ts";

const fields = (text: string) => text.split("/").map((part) => new TextEncoder().encode(part));

Deno.test("AnnouncedNames keeps a name until its last announcement ends", () => {
  const names = new AnnouncedNames([], 10);
  const events: NameEvent[] = [];
  const once = names.add(fields("live/cam"));
  names.follow((event) => void events.push(event));
  const again = names.add(fields("live/cam"));
  once();
  assert.deepEqual(names.sorted(), ["live/cam"]);
  again();
  assert.deepEqual(names.sorted(), []);
  assert.deepEqual(events.map(({ kind }) => kind), ["announced", "withdrawn"]);
});

Deno.test("AnnouncedNames keeps those under its prefix, and no more than its limit", () => {
  const names = new AnnouncedNames(fields("live"), 2);
  let heard = 0;
  names.onHeard = () => heard++;
  const ends = ["live/a", "liver", "live/b", "live/c", "live"].map((name) =>
    names.add(fields(name))
  );
  assert.deepEqual([names.sorted(), names.leftOut, heard], [["live/a", "live/b"], 2, 5]);
  for (const end of ends) end();
  assert.deepEqual(names.sorted(), []);
});
