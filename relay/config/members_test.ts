import assert from "node:assert/strict";
import { loadConfig } from "@qumo/shared/runtime";
import { relayDefinition } from "./definition.ts";
import { isGroup, isSibling, memberConfig } from "./members.ts";

const hostname = () => "tokyo";

async function load(config: object) {
  const file = { name: "relay.yaml", text: JSON.stringify(config) };
  return await loadConfig(relayDefinition, { file, environment: {}, flags: [] });
}

async function valid(config: object) {
  const loaded = await load(config);
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.refusal.join("\n"));
  return loaded.value.value;
}

const GROUP = {
  server: { address: "127.0.0.1:4433", max_sessions: 4000 },
  ingest: { rtmp: { address: "127.0.0.1:1935" } },
  sdn: {
    urls: ["http://127.0.0.1:8090"],
    address: "https://tokyo.example:4433",
    neighbors: { oregon: 95 },
  },
};

Deno.test("a member has its own name and ports, its share, and links to the others on loopback", async () => {
  const group = await valid({ ...GROUP, host: { members: 4 } });
  assert.ok(isGroup(group));
  const config = await valid({ ...GROUP, host: { members: 4, member: 3 } });
  assert.ok(!isGroup(config));
  const { server, relay, ingest, cache, sdn, mesh } = memberConfig(config, hostname);
  assert.deepEqual([relay.nodeId, sdn.relayName], ["tokyo-3", "tokyo-3"]);
  assert.deepEqual(
    [server.address, ingest.rtmp.address, sdn.address],
    ["127.0.0.1:4435", "127.0.0.1:1937", "https://tokyo.example:4435"],
  );
  assert.deepEqual([server.maxSessions, cache.maxBytes], [1000, config.cache.maxBytes / 4]);
  assert.deepEqual([...sdn.neighbors.keys()], ["tokyo-1", "tokyo-2", "tokyo-4", "oregon"]);
  assert.equal(mesh.addresses.get("tokyo-4"), "moqt://127.0.0.1:4436");
  assert.deepEqual(memberConfig(group, hostname), group, "who starts them has none of that");
});

Deno.test("members call each other at the address that they listen on, or at loopback", async () => {
  const addresses = async (address: string) => {
    const server = { address };
    const config = { ...GROUP, server, auth: { mode: "open" }, host: { members: 2, member: 1 } };
    return [...memberConfig(await valid(config), hostname).mesh.addresses.values()];
  };
  assert.deepEqual(await addresses("0.0.0.0:4433"), ["moqt://127.0.0.1:4434"]);
  assert.deepEqual(await addresses("[::]:4433"), ["moqt://[::1]:4434"]);
  assert.deepEqual(await addresses("192.0.2.1:4433"), ["moqt://192.0.2.1:4434"]);
});

Deno.test("shares of the largest group keep the rules between limits", async () => {
  const config = await valid({
    ...GROUP,
    host: { members: 32, member: 32 },
    cache: { max_bytes: "1GiB" },
  });
  const { server, cache, limits } = memberConfig(config, hostname);
  assert.ok(server.maxUnreadBytesPerConnection <= server.maxUnreadBytes);
  assert.ok(limits.maxObjectBytes <= cache.maxTrackBytes && cache.maxTrackBytes <= cache.maxBytes);
});

Deno.test("isSibling() knows the other members of the machine and nobody else", async () => {
  const config = memberConfig(await valid({ ...GROUP, host: { members: 3, member: 2 } }), hostname);
  const names = [
    "tokyo-1",
    "tokyo-2",
    "tokyo-3",
    "tokyo-4",
    "tokyo-0",
    "tokyo-01",
    "tokyo",
    "osaka-1",
  ];
  assert.deepEqual(names.filter((name) => isSibling(config, name)), ["tokyo-1", "tokyo-3"]);
  assert.ok(!isSibling(await valid(GROUP), "tokyo-1"));
});

Deno.test("members that could not work are refused with the key", async () => {
  const refusal = async (config: object) => {
    const loaded = await load(config);
    assert.ok(!loaded.ok);
    return loaded.refusal.join("\n");
  };
  const host = { members: 3 };
  const on = (address: string) => ({ ...GROUP, host, server: { address } });
  assert.match(await refusal({ ...GROUP, host: { members: 3, member: 4 } }), /host\.member: /);
  assert.match(await refusal({ host }), /host\.members: .*write `sdn\.urls`/);
  assert.match(await refusal(on("127.0.0.1:0")), /server\.address: .*of the first one/);
  assert.match(await refusal(on("127.0.0.1:65534")), /server\.address: there are no 3 ports/);
  assert.match(await refusal(on("127.0.0.1:1933")), /ingest\.rtmp\.address: .*another member's/);
  assert.match(
    await refusal({ ...GROUP, host: { members: 32 } }),
    /cache\.max_bytes: each of 32 members/,
  );
});
