import { done } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import type { FetchedObject, PendingFetch } from "../../../track/mod.ts";
import { RelayMetrics } from "../../../metrics.ts";
import { rendererOf } from "../dialect/renderer.ts";
import { StreamSupply } from "../../delivery/stream_supply.ts";
import type { FetchDeliveryContext } from "./fetch_delivery.ts";
import { FetchDelivery } from "./fetch_delivery.ts";
import { ManualClock } from "../../../../tests/support/worlds/manual_clock.ts";
import { memoryPair } from "../../../../tests/support/transport/memory_connection.ts";
import { referenceData, referenceDraft } from "../../../../tests/support/reference_draft.ts";

Deno.test("FetchDelivery answers on one stream when an object comes before it is open", async () => {
  const [connection, peer] = memoryPair();
  const context = {
    connection,
    draft: referenceDraft,
    streams: { supply: new StreamSupply(connection, new ManualClock(), () => {}) },
    metrics: new RelayMetrics(),
  } as unknown as FetchDeliveryContext;
  const delivery = new FetchDelivery(context, {
    requestId: 4n,
    order: "ascending",
    sendOrder: 0,
    subject: { namespace: [] },
    via: [],
  });
  const finished = Promise.withResolvers<Awaited<PendingFetch["finished"]>>();
  const fetching = { finished: finished.promise } as PendingFetch;
  const end = delivery.finishFrom(fetching);
  await delivery.object(object(0));
  await delivery.object(object(1));
  finished.resolve(done(undefined));
  await end;
  const stream = await peer.acceptUni();
  const header = await stream!.read(new Uint8Array(2));
  assert.equal(header!.toHex(), "0504");
  const another = await Promise.race([peer.acceptUni(), Promise.resolve("none")]);
  assert.equal(another, "none");
  connection.close(0, "");
});

function object(id: number): FetchedObject {
  const renderer = rendererOf(referenceData);
  const [properties, payload] = [new Uint8Array(), Uint8Array.of(id)];
  return { group: 0n, subgroup: 0n, object: id, priority: 1, properties, payload, renderer };
}
