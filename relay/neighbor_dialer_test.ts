import { systemClock } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import { DEFAULTS } from "./config.ts";
import { openDialer } from "./neighbor_dialer.ts";
import { linkProtocols } from "./session/negotiate.ts";
import { type Connection, NoCommonProtocol } from "./transport/mod.ts";

/** What a dialer offers a relay that speaks one protocol, call by call. */
async function offersTo(spoken: string, protocols?: readonly string[]) {
  const offers: (readonly string[])[] = [];
  const dialer = await openDialer({
    config: DEFAULTS,
    files: { readText: () => Promise.reject(new Error("no files")) } as never,
    clock: systemClock,
    dial: (_, options) => {
      offers.push(options.protocols);
      if (!options.protocols.includes(spoken)) {
        return Promise.reject(new NoCommonProtocol("none of them"));
      }
      return Promise.resolve({ remoteAddress: "127.0.0.1" } as Connection);
    },
    known: { addNeighbor: () => {} },
  });
  const target = { url: "moqt://origin:4433", certificateSha256: undefined, protocols };
  const outcome = await dialer.dial(target).then(() => "connected", (error) => error.constructor);
  return { offers, outcome };
}

Deno.test("a neighbor is offered the protocol of links first, and then the others", async () => {
  const [first, ...rest] = linkProtocols;
  const [others, versions] = [/^moqt-/, /^moq-lite-/].map((kind) =>
    rest.filter((protocol) => kind.test(protocol))
  );
  assert.deepEqual(await offersTo("moqt-18"), { offers: [[first]], outcome: "connected" });
  assert.deepEqual(await offersTo("moqt-20"), { offers: [[first], others], outcome: "connected" });
  // Relays of other programs may have nothing else.
  const all = { offers: [[first], others, versions], outcome: "connected" };
  assert.deepEqual(await offersTo("moq-lite-05"), all);
});

Deno.test("an origin is offered its own protocols, in their order, and nothing else", async () => {
  const own = ["moqt-20", "moqt-22", "moqt-17"];
  const second = [["moqt-20"], ["moqt-22", "moqt-17"]];
  assert.deepEqual(await offersTo("moqt-20", own), { offers: [["moqt-20"]], outcome: "connected" });
  assert.deepEqual(await offersTo("moqt-17", own), { offers: second, outcome: "connected" });
  assert.deepEqual(await offersTo("moqt-18", own), { offers: second, outcome: NoCommonProtocol });
  const only = { offers: [["moqt-20"]], outcome: NoCommonProtocol };
  assert.deepEqual(await offersTo("moqt-18", ["moqt-20"]), only);
});
