import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { dashboardFiles } from "../dashboard/mod.ts";
import { testController } from "../../tests/support/worlds/sdn_controller.ts";
import { tokenAccess } from "./auth.ts";

const tokens = tokenAccess([
  { role: "read", sha256: sha256("reader") },
  { role: "relay", relay: "tokyo", sha256: sha256("tokyo's") },
]);

function sha256(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

function page(authenticate = tokens) {
  return testController({ live: { authenticate } });
}

Deno.test("the page and its files need no token, and come with every header that guards them", async () => {
  const { ask } = await page();
  for (const { path, type, text } of dashboardFiles) {
    const { status, headers, body } = await ask("GET", path);
    assert.deepEqual([status, body], [200, text]);
    assert.equal(headers.get("content-type"), type);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("x-frame-options"), "DENY");
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    assert.equal(headers.get("cache-control"), "no-cache");
    const policy = headers.get("content-security-policy")?.split("; ") ?? [];
    for (
      const directive of [
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
      ]
    ) assert.ok(policy.includes(directive), directive);
    assert.doesNotMatch(policy.join(), /unsafe|\*|https?:|data:/);
  }
});

Deno.test("a file that a browser has is not sent again, and one that changed is", async () => {
  const { ask } = await page();
  const etag = (await ask("GET", "/")).headers.get("etag") ?? assert.fail();
  for (const known of [etag, `W/${etag}`, `"old", ${etag}`, "*"]) {
    const { status, headers, body } = await ask("GET", "/", undefined, { "if-none-match": known });
    assert.deepEqual([status, body, headers.get("etag")], [304, "", etag], known);
    assert.ok(headers.has("content-security-policy"));
  }
  assert.equal((await ask("GET", "/", undefined, { "if-none-match": '"old"' })).status, 200);
  const other = await ask("GET", "/dashboard/app.js");
  assert.notEqual(other.headers.get("etag"), etag);
});

Deno.test("the page can be asked for with a query and for its head, and takes nothing", async () => {
  const { ask, request } = await page();
  assert.equal((await ask("GET", "/?from=chat")).status, 200);
  const head = await request("/", { method: "HEAD" });
  assert.deepEqual([head.status, await head.text()], [200, ""]);
  assert.ok(head.headers.has("etag"));
  for (const method of ["POST", "PUT", "DELETE"]) {
    const { status, headers } = await ask(method, "/");
    assert.deepEqual([status, headers.get("allow")], [405, "GET, HEAD"]);
  }
  assert.equal((await ask("GET", "/dashboard/other.js")).status, 404);
});

Deno.test("GET /whoami tells callers what they may do", async () => {
  const { ask } = await page();
  const who = (token: string) =>
    ask("GET", "/whoami", undefined, { authorization: `Bearer ${token}` });
  assert.deepEqual((await who("reader")).body, { revision: 0, role: "read" });
  assert.deepEqual((await who("tokyo's")).body, { revision: 0, role: "relay", relay: "tokyo" });
  assert.equal((await who("nobody's")).status, 401);
  assert.equal((await ask("GET", "/whoami")).status, 401);
  const open = await page(() => ({ ok: true, value: { role: "admin" } }));
  assert.equal((await open.ask("GET", "/whoami")).body.role, "admin");
});
