import assert from "node:assert/strict";
import { testController } from "../../tests/support/worlds/sdn_controller.ts";
import { pageGuard } from "./page_guard.ts";

const OWN = "127.0.0.1:8090";
const JSON_TYPE = { "content-type": "application/json" };

const REQUESTS: [what: string, method: string, headers: Record<string, string>, status: number][] =
  [
    ["a program without any header", "POST", {}, 200],
    ["curl at the address", "POST", { host: OWN }, 200],
    ["a relay by the service's name", "POST", { host: "qumo-sdn:8090" }, 200],
    ["a program by an allowed name", "POST", { host: "sdn.example.com:8090" }, 200],
    ["the controller's own page", "POST", {
      host: OWN,
      origin: `http://${OWN}`,
      "sec-fetch-site": "same-origin",
      ...JSON_TYPE,
    }, 200],
    ["the page behind TLS under an allowed name", "POST", {
      host: "sdn.example.com",
      origin: "https://sdn.example.com",
      ...JSON_TYPE,
    }, 200],
    ["a visit by the address bar", "GET", { host: OWN, "sec-fetch-site": "none" }, 200],
    ["a link from another site", "GET", {
      host: OWN,
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "navigate",
    }, 200],
    ["a cross-site form", "POST", {
      host: OWN,
      origin: "https://evil.example",
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "navigate",
      "content-type": "text/plain",
    }, 403],
    ["a cross-site form of an older browser", "POST", {
      host: OWN,
      origin: "https://evil.example",
    }, 403],
    ["a page without an origin of its own", "POST", { host: OWN, origin: "null" }, 403],
    ["a page on another port of this machine", "POST", {
      host: OWN,
      origin: "http://127.0.0.1:3000",
      "sec-fetch-site": "same-site",
      ...JSON_TYPE,
    }, 403],
    ["an image of another site", "GET", {
      host: OWN,
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "no-cors",
    }, 403],
    ["a form of the same origin", "POST", {
      host: OWN,
      origin: `http://${OWN}`,
      "content-type": "application/x-www-form-urlencoded",
    }, 403],
    ["a page whose name was bound to this address", "GET", { host: "evil.example:8090" }, 403],
    ["an order of such a page", "POST", {
      host: "evil.example:8090",
      origin: "http://evil.example:8090",
      "sec-fetch-site": "same-origin",
      ...JSON_TYPE,
    }, 403],
    ["a host that is none", "POST", { host: "a/relay/tokyo/drain#" }, 400],
  ];

for (const [what, method, headers, status] of REQUESTS) {
  Deno.test(`${what}: ${method} is answered with ${status}`, async () => {
    const { ask } = await testController({ live: { guard: pageGuard(["sdn.example.com"]) } });
    await ask("PUT", "/relay/tokyo", {});
    const path = method === "POST" ? "/relay/tokyo/drain" : "/relay/tokyo";
    const answer = await ask(method, path, undefined, headers);
    assert.equal(answer.status, status, answer.body.error);
    const { body: { state } } = await ask("GET", "/relay/tokyo");
    assert.equal(state === "draining", method === "POST" && status === 200);
  });
}
