import assert from "node:assert/strict";
import { originPolicy } from "./origins.ts";

const OWN = [
  "http://localhost:8080",
  "http://127.0.0.1",
  "https://127.0.0.9:1",
  "http://[::1]:3",
  "http://a.localhost",
];
const ELSEWHERE = [
  "https://evil.example",
  "https://localhost.evil.example",
  "http://127.0.0.1.evil.example",
  "http://192.168.0.7",
  "null",
  "file://",
];

const CASES:
  readonly (readonly [address: string, list: string[], allowed: string[], not: string[]])[] = [
    ["127.0.0.1:4433", ["auto"], OWN, ELSEWHERE],
    ["[::1]:4433", ["auto"], OWN, ELSEWHERE],
    ["0.0.0.0:4433", ["auto"], [...OWN, ...ELSEWHERE], []],
    ["127.0.0.1:4433", ["*"], [...OWN, ...ELSEWHERE], []],
    ["127.0.0.1:4433", ["auto", "https://app.example"], [...OWN, "https://app.example"], ELSEWHERE],
    ["127.0.0.1:4433", ["https://app.example"], ["https://app.example"], [...OWN, ...ELSEWHERE]],
    ["127.0.0.1:4433", [], [], [...OWN, ...ELSEWHERE]],
  ];

for (const [address, allowedOrigins, allowed, refused] of CASES) {
  Deno.test(`at ${address} allowed_origins ${JSON.stringify(allowedOrigins)} lets in pages as it says`, () => {
    const allows = originPolicy({ address, allowedOrigins });
    for (const origin of allowed) assert.ok(allows(origin), origin);
    for (const origin of refused) assert.ok(!allows(origin), origin);
    assert.ok(allows(undefined), "programs");
  });
}
