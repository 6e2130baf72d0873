import assert from "node:assert/strict";
import { FIRST_PAGE_BYTES, MAX_PAGE_BYTES } from "../limits.ts";
import { Pages } from "./pages.ts";

function filled(length: number, value = 7): Uint8Array {
  return new Uint8Array(length).fill(value);
}

Deno.test("Pages.reserve() begins with a small page and doubles up to the limit", () => {
  const pages = new Pages();
  const sizes = new Set<number>();
  for (let count = 0; count < 2_000; count++) {
    const page = pages.reserve(100, 0);
    sizes.add(page.bytes.length);
    pages.took(page, 100);
  }
  assert.deepEqual([...sizes], [1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536]);
  assert.equal(pages.size, 200_000);
});

Deno.test("Pages.reserve() never splits a header, however long it is", () => {
  const pages = new Pages();
  for (const length of [1, 1_000, FIRST_PAGE_BYTES, 40_000, MAX_PAGE_BYTES + 36, 9]) {
    const page = pages.reserve(length, 0);
    assert.ok(page.bytes.length - page.used >= length, `${length}`);
    pages.took(page, length);
  }
});

Deno.test("Pages.reserve() keeps a header and its payload together as far as one page holds both", () => {
  for (const payload of [0, 100, 1_100, 30_000, MAX_PAGE_BYTES - 10]) {
    const pages = new Pages();
    pages.took(pages.reserve(1_000, 0), 1_000);
    const page = pages.reserve(10, payload);
    pages.took(page, 10);
    pages.append(filled(payload), 0);
    assert.equal(page.start + page.used, 1_010 + payload, `${payload}`);
  }
});

Deno.test("Pages.reserve() fills the last page before it adds one for an object larger than a page", () => {
  const pages = new Pages();
  const first = pages.reserve(10, MAX_PAGE_BYTES);
  pages.took(first, 10);
  pages.append(filled(MAX_PAGE_BYTES), 0);
  assert.equal(first.used, MAX_PAGE_BYTES);
  assert.equal(first.next?.used, 10);
});

Deno.test("Pages.append() takes no more memory for a payload than is to come", () => {
  const pages = new Pages();
  pages.took(pages.reserve(10, 2 ** 53 - 1), 10);
  assert.equal(pages.capacity, MAX_PAGE_BYTES);
  pages.append(filled(MAX_PAGE_BYTES), 5);
  assert.equal(pages.capacity, MAX_PAGE_BYTES + 15);
});

Deno.test("Pages.at() finds every offset that is there, before and after the head was given up", () => {
  const pages = new Pages();
  for (let count = 0; count < 300; count++) pages.took(pages.reserve(700, 0), 700);
  const dropped = pages.headEnd!;
  for (const offset of [0, dropped - 1, dropped, 100_000, 209_999]) {
    const page = pages.at(offset)!;
    assert.ok(page.start <= offset && offset < page.start + page.used, `${offset}`);
  }
  assert.equal(pages.at(210_000), undefined);
  pages.dropHead();
  assert.equal(pages.at(0), undefined);
  assert.equal(pages.at(dropped - 1), undefined);
  assert.equal(pages.at(dropped)?.start, dropped);
});

Deno.test("Pages gives up all its memory, page by page, and marks the pages that went", () => {
  const pages = new Pages();
  const first = pages.reserve(1_000, 0);
  pages.took(first, 1_000);
  pages.append(filled(200_000), 0);
  while (pages.headEnd !== undefined) pages.dropHead();
  assert.ok(first.evicted);
  assert.ok(pages.capacity > 0);
  pages.dropHead();
  assert.equal(pages.capacity, 0);
  assert.equal(pages.size, 201_000);
  pages.dropHead();
  assert.equal(pages.capacity, 0);
});

Deno.test("Pages.views() gives exactly the bytes between two offsets", () => {
  const pages = new Pages();
  const bytes = Uint8Array.from({ length: 150_000 }, (_, at) => at % 251);
  pages.append(bytes, 0);
  for (const [from, to] of [[0, 150_000], [65_530, 65_540], [70_000, 70_001], [5, 5]] as const) {
    const found = [...pages.views(from, to)].flatMap((view) => [...view]);
    assert.deepEqual(found, [...bytes.subarray(from, to)]);
  }
});
