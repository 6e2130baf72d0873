import assert from "node:assert/strict";
import { systemClock } from "@qumo/shared/runtime";
import type { Batch } from "../registry/mod.ts";
import { storeContract, testRegistry } from "../../tests/contracts/sdn_store.ts";
import { optionalTest } from "../../tests/support/optional_test_case.ts";
import { type EtcdCluster, etcdMissing, startEtcd } from "../../tests/support/processes/etcd.ts";
import { EtcdStore } from "./etcd.ts";
import { StoreConflict } from "./types.ts";

const timeline = { toWall: (time: number) => time + 5000, fromWall: (wall: number) => wall - 5000 };

let cluster: EtcdCluster | undefined;
Deno.test.beforeAll(async () => {
  if (etcdMissing === undefined) cluster = await startEtcd(1);
});
Deno.test.afterAll(() => cluster?.[Symbol.asyncDispose]());

function openStore(prefix: string, ask: typeof fetch = fetch): EtcdStore {
  return new EtcdStore({
    endpoints: cluster?.endpoints ?? [],
    user: "",
    password: "",
    timeoutMs: 5000,
    clock: systemClock,
    fetch: ask,
    prefix,
    timeline,
    leaseMs: 90_000,
    tombstoneMs: 3_600_000,
    firstRevision: 0,
  });
}

let made = 0;
storeContract("etcd", () => {
  const prefix = `/contract/${made++}/`;
  return {
    open: () => openStore(prefix),
    clear: () => {},
    isDurable: true,
    missing: etcdMissing,
  };
});

/** What a registry that knows of nothing does when `a` registers with this epoch. */
function registration(epoch: number): Batch {
  const outcome = testRegistry(0).apply(
    { kind: "register", name: "a", body: { epoch, links: {} } },
    0,
  );
  assert.ok(outcome.ok && outcome.value.step !== undefined);
  return outcome.value.step;
}

optionalTest(
  "etcd: what arrives while a write waits for its lease makes the write void",
  etcdMissing,
  async () => {
    const told = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const slow: typeof fetch = async (input, init) => {
      if (String(input).endsWith("/v3/lease/grant")) {
        asked.resolve();
        await told.promise;
      }
      const response = await fetch(input, init);
      if (!String(input).endsWith("/v3/watch")) return response;
      const look = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          controller.enqueue(chunk);
          if (new TextDecoder().decode(chunk).includes('"events"')) told.resolve();
        },
      });
      return new Response(response.body?.pipeThrough(look) ?? null, response);
    };
    const [one, other] = [openStore("/ground/"), openStore("/ground/", slow)];
    try {
      await one.load();
      await other.load();
      const late = assert.rejects(other.append(registration(4)), StoreConflict);
      await asked.promise;
      await one.append(registration(5));
      await late;
    } finally {
      await one.close();
      await other.close();
    }
  },
);

optionalTest(
  "etcd: the store closes although the fetch of its watch does not end",
  etcdMissing,
  async () => {
    const watching = Promise.withResolvers<void>();
    const deaf: typeof fetch = (input, init) => {
      if (!String(input).endsWith("/v3/watch")) return fetch(input, init);
      return Promise.resolve(
        new Response(
          new ReadableStream({
            pull(controller) {
              controller.enqueue(new TextEncoder().encode('{"result":{"created":true}}\n'));
              watching.resolve();
              return new Promise(() => {});
            },
          }),
        ),
      );
    };
    const store = openStore("/deaf/", deaf);
    await store.load();
    await watching.promise;
    await store.close();
  },
);

optionalTest(
  "etcd: the leases of many relays that beat at once are renewed in two requests",
  etcdMissing,
  async () => {
    const asked: number[] = [];
    const counting: typeof fetch = (input, init) => {
      if (String(input).endsWith("/v3/lease/keepalive")) {
        asked.push(String(init?.body).split("\n").length);
      }
      return fetch(input, init);
    };
    const store = openStore("/many/", counting);
    await store.load();
    const names = Array.from({ length: 100 }, (_, number) => `r${number}`);
    const registry = testRegistry(0);
    for (const name of names) {
      const outcome = registry.apply({ kind: "register", name, body: {} }, 0);
      assert.ok(outcome.ok && outcome.value.step !== undefined);
      await store.append(outcome.value.step);
    }
    await Promise.all(names.map((name) => store.sharing.renew(name)));
    // Any further ones are for what was left unanswered.
    assert.deepEqual(asked.slice(0, 2), [1, 99]);
    await store.close();
  },
);

optionalTest(
  "etcd: a store of a newer program is refused, and one without a mark is marked",
  etcdMissing,
  async () => {
    const prefix = "/format/";
    const key = btoa(`${prefix}format`);
    const call = async (path: string, body: object) => {
      const [endpoint] = cluster!.endpoints;
      const response = await fetch(`${endpoint}${path}`, {
        method: "POST",
        body: JSON.stringify(body),
      });
      return await response.json();
    };
    const first = openStore(prefix);
    await first.load();
    await first.close();
    const { kvs } = await call("/v3/kv/range", { key });
    assert.equal(atob(kvs[0].value), "1");
    await call("/v3/kv/put", { key, value: btoa("9") });
    const second = openStore(prefix);
    await assert.rejects(() => second.load(), /its schema is version 9, this program knows 1/);
    await second.close();
  },
);
