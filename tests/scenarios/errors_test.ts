import { namespaceOf } from "../support/peers/scripted_peer.ts";
import type { RequestStream } from "../support/peers/scripted_streams.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import {
  announce,
  announcing,
  closedWith,
  NO_PROPERTIES,
  refused,
  subscribe,
  VIDEO,
} from "./script.ts";

/** Where to ask instead. */
interface Redirect {
  readonly uri?: string;
  readonly path?: string;
  readonly name?: string;
}

/** Refuses a request with a redirect. */
function redirect(request: RequestStream, to: Redirect): Promise<void> {
  const { uri = "", path = "", name = "" } = to;
  return request.send({
    kind: "requestError",
    code: "redirect",
    retryAfter: 0n,
    reason: "",
    redirect: { uri, namespace: namespaceOf(path), name: new TextEncoder().encode(name) },
  });
}

Deno.test("R-180: a client's redirect with a URI closes its session with PROTOCOL_VIOLATION", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const downstream = await subscribe(await world.connect());
  const { request } = await publisher.expectRequest("subscribe");
  await redirect(request, { uri: "moqt://elsewhere.example" });
  await closedWith(publisher, "protocol_violation", /redirect/i);
  await refused(downstream, "DOES_NOT_EXIST");
});

Deno.test("R-180: so does one in the answer to an update", async () => {
  await using world = new SessionWorld();
  const publisher = await world.connect();
  const offer = await publisher.request({
    kind: "publish",
    track: VIDEO,
    alias: 1n,
    parameters: {},
    properties: NO_PROPERTIES,
  });
  await offer.expect("requestOk");
  await (await subscribe(await world.connect())).expect("subscribeOk");
  await offer.expect("requestUpdate");
  await redirect(offer, { uri: "moqt://elsewhere.example" });
  await closedWith(publisher, "protocol_violation", /redirect/i);
});

Deno.test("R-180: a redirect without a URI is not followed, and the request has failed", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const downstream = await subscribe(await world.connect());
  const { request } = await publisher.expectRequest("subscribe");
  await redirect(request, { path: "other", name: "video" });
  await refused(downstream, "INTERNAL_ERROR");
  await world.stillPending(publisher.acceptRequest().catch(() => {}), "Another request");
});

Deno.test("R-180: a server may redirect to a URI", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world, "live", { dialled: true });
  const downstream = await subscribe(await world.connect());
  const { request } = await publisher.expectRequest("subscribe");
  await redirect(request, { uri: "moqt://elsewhere.example" });
  await refused(downstream, "INTERNAL_ERROR");
  await announce(publisher, "still/here");
});

Deno.test("R-180: a redirect of SUBSCRIBE_NAMESPACE that names a track closes the session", async () => {
  await using world = new SessionWorld({ settings: { solicit: true } });
  const peer = await world.connect();
  const { request } = await peer.expectRequest("subscribeNamespace");
  await redirect(request, { path: "other", name: "video" });
  await closedWith(peer, "protocol_violation", /redirect/i);
});

Deno.test("R-180: one that names a namespace alone does not", async () => {
  await using world = new SessionWorld({ settings: { solicit: true } });
  const peer = await world.connect();
  const { request } = await peer.expectRequest("subscribeNamespace");
  await redirect(request, { path: "other" });
  await announce(peer, "live");
});
