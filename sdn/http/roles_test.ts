import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { testController } from "../../tests/support/worlds/sdn_controller.ts";
import { type Role, roles, tokenAccess } from "./auth.ts";

/** The least role for each route of the API. A new route must be entered here. */
const TABLE: Readonly<Record<string, Role>> = {
  "GET /health": "none",
  "GET /openapi.json": "none",
  "GET /": "none",
  "GET /whoami": "read",
  "GET /announce": "read",
  "GET /announce/lookup": "read",
  "GET /assign": "read",
  "GET /events": "read",
  "GET /flows": "read",
  "GET /graph": "read",
  "GET /history": "read",
  "GET /metrics": "read",
  "GET /relay": "read",
  "GET /route": "read",
  "GET /routes/{relay}": "read",
  "GET /relay/{name}": "read",
  "GET /policy": "read",
  "GET /policy/{tenant}": "read",
  "GET /revoke": "read",
  "GET /watch": "read",
  "POST /watch": "read",
  "PUT /watch/{watcher}": "read",
  "PUT /announce/{track}": "relay",
  "DELETE /announce/{track}": "relay",
  "PUT /relay/{name}": "relay",
  "DELETE /relay/{name}": "relay",
  "POST /mesh/identity/{name}": "relay",
  "DELETE /policy/{tenant}": "admin",
  "DELETE /revoke/{id}": "admin",
  "GET /sync": "admin",
  "POST /kick": "admin",
  "POST /relay/{name}/drain": "admin",
  "POST /relay/{name}/undrain": "admin",
  "POST /revoke": "admin",
  "POST /sync/digest": "admin",
  "PUT /policy/{tenant}": "admin",
  "PUT /sync": "admin",
  "PUT /sync/access": "admin",
};

const CALLERS = ["nobody", "read", "relay", "admin"] as const;

const authenticate = tokenAccess(
  CALLERS.slice(1).map((role) => ({
    sha256: createHash("sha256").update(role).digest(),
    role: role as Role,
  })),
);

/** The status without a right: 401 for nobody, 403 for a role that is too low. */
function refusedWith(caller: typeof CALLERS[number], needed: Role): number | undefined {
  if (needed === "none") return undefined;
  if (caller === "nobody") return 401;
  return roles.indexOf(caller) < roles.indexOf(needed) ? 403 : undefined;
}

Deno.test("the table of roles has every route of the API, and no other", async () => {
  const { ask } = await testController({ live: { authenticate } });
  const { body: { paths } } = await ask("GET", "/openapi.json");
  // Every file of the page is like its first.
  const paged = Object.entries<object>(paths).filter(([path]) => !path.startsWith("/dashboard/"));
  const routes = paged.flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
  );
  assert.deepEqual([...routes, "GET /openapi.json"].sort(), Object.keys(TABLE).sort());
});

for (const [route, needed] of Object.entries(TABLE)) {
  Deno.test(`${route} needs the role ${needed}`, async () => {
    const { ask } = await testController({ live: { authenticate } });
    const [method, path] = route.split(" ") as [string, string];
    for (const caller of CALLERS) {
      const headers = { authorization: `Bearer ${caller}` };
      const { status } = await ask(
        method,
        // With a query that is refused, so that no answer stays open.
        `${path.replace(/\{\w+\}/, "x")}?surplus=1`,
        undefined,
        caller === "nobody" ? {} : headers,
      );
      const isRefused = status === 401 || status === 403;
      assert.equal(isRefused ? status : undefined, refusedWith(caller, needed), caller);
    }
  });
}
