import assert from "node:assert/strict";
import { refused } from "@qumo/shared/runtime";
import { refusal } from "@qumo/shared/topology";
import { testController } from "../../tests/support/sdn_controller.ts";

Deno.test("methods and paths that clients make up are one word in metrics, log and events", async () => {
  const { request, ask, requests, events } = await testController({
    app: { authenticate: () => refused(refusal("unauthorized", "The token is not known")) },
  });
  const authorization = "Bearer nobody's";
  for (let number = 0; number < 500; number++) {
    const method = `M${"x".repeat(2000)}${number}`;
    await request(`/made/up/${number}`, { method, headers: { authorization } });
    await ask("GET", `/relay/${number}`, undefined, { authorization });
  }
  const words = new Set(requests.map(({ method, path }) => `${method} ${path}`));
  assert.deepEqual([...words], ["other none", "GET /relay/:name"]);
  const refusals = events.page(undefined, 100).events.filter(({ kind }) =>
    kind === "tokens_refused"
  );
  assert.ok(refusals.every(({ detail }) => words.has(detail ?? "")));
});
