import assert from "node:assert/strict";
import { STATIC_TABLE } from "./static_table.ts";

// RFC 9204, appendix A, as one line for each run of entries with the same name.
const EXPECTED = `
0 :authority|
1 :path|/
2 age|0
3 content-disposition|
4 content-length|0
5 cookie|
6 date|
7 etag|
8 if-modified-since|
9 if-none-match|
10 last-modified|
11 link|
12 location|
13 referer|
14 set-cookie|
15 :method|CONNECT|DELETE|GET|HEAD|OPTIONS|POST|PUT
22 :scheme|http|https
24 :status|103|200|304|404|503
29 accept|*/*|application/dns-message
31 accept-encoding|gzip, deflate, br
32 accept-ranges|bytes
33 access-control-allow-headers|cache-control|content-type
35 access-control-allow-origin|*
36 cache-control|max-age=0|max-age=2592000|max-age=604800|no-cache|no-store|public, max-age=31536000
42 content-encoding|br|gzip
44 content-type|application/dns-message|application/javascript|application/json
47 content-type|application/x-www-form-urlencoded|image/gif|image/jpeg|image/png
51 content-type|text/css|text/html; charset=utf-8|text/plain|text/plain;charset=utf-8
55 range|bytes=0-
56 strict-transport-security|max-age=31536000|max-age=31536000; includesubdomains
58 strict-transport-security|max-age=31536000; includesubdomains; preload
59 vary|accept-encoding|origin
61 x-content-type-options|nosniff
62 x-xss-protection|1; mode=block
63 :status|100|204|206|302|400|403|421|425|500
72 accept-language|
73 access-control-allow-credentials|FALSE|TRUE
75 access-control-allow-headers|*
76 access-control-allow-methods|get|get, post, options|options
79 access-control-expose-headers|content-length
80 access-control-request-headers|content-type
81 access-control-request-method|get|post
83 alt-svc|clear
84 authorization|
85 content-security-policy|script-src 'none'; object-src 'none'; base-uri 'none'
86 early-data|1
87 expect-ct|
88 forwarded|
89 if-range|
90 origin|
91 purpose|prefetch
92 server|
93 timing-allow-origin|*
94 upgrade-insecure-requests|1
95 user-agent|
96 x-forwarded-for|
97 x-frame-options|deny|sameorigin`;

Deno.test("STATIC_TABLE has the 99 entries of the RFC in their places", () => {
  let checked = 0;
  for (const line of EXPECTED.trim().split("\n")) {
    const space = line.indexOf(" ");
    const [name, ...values] = line.slice(space + 1).split("|");
    for (const [offset, value] of values.entries()) {
      const index = Number(line.slice(0, space)) + offset;
      assert.deepEqual(STATIC_TABLE[index], [name, value], `entry ${index}`);
      checked++;
    }
  }
  assert.equal(checked, 99);
  assert.equal(STATIC_TABLE.length, 99);
});
