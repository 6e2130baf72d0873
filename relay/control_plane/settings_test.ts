import assert from "node:assert/strict";
import { controlPlaneSettings } from "./mod.ts";

const SDN = {
  urls: ["http://a"],
  relayName: "",
  neighbors: new Map([["n", 1]]),
  heartbeatIntervalSec: 12.5,
  tokenFile: "",
  staleAfterMs: 20_000,
  mirrorAllUpTo: 2000,
};

function settings(given: { sdn?: Partial<typeof SDN>; nodeId?: string }, hostname = "host") {
  const relay = { nodeId: given.nodeId ?? "", region: "eu" };
  return controlPlaneSettings({ relay, sdn: { ...SDN, ...given.sdn } }, {
    hostname,
    version: "1.2.3",
  });
}

Deno.test("controlPlaneSettings() names the relay by what is said first", () => {
  const name = (...given: Parameters<typeof settings>) => {
    const read = settings(...given);
    return read.ok ? read.value?.name : read.refusal;
  };
  assert.equal(name({ sdn: { relayName: "a" }, nodeId: "b" }), "a");
  assert.equal(name({ nodeId: "b" }), "b");
  assert.equal(name({}), "host");
  assert.match(name({}, "") ?? "", /needs a name: the host's is empty; write `sdn\.relay_name`/);
  assert.match(name({}, "n") ?? "", /sdn\.neighbors has n, which is the relay's own name/);
});

Deno.test("controlPlaneSettings() is nothing without a controller", () => {
  assert.deepEqual(settings({ sdn: { urls: [] } }, ""), { ok: true, value: undefined });
  const { value } = settings({}) as { value: { heartbeatIntervalMs: number; region: string } };
  assert.deepEqual([value.heartbeatIntervalMs, value.region], [12_500, "eu"]);
});
