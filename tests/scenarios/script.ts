/** What scripted publishers and subscribers say, in as few words as a scenario needs. */
import type { ControlMessageOf } from "@qumo/shared/wire";
import {
  accept,
  type Acceptance,
  announce,
  subscribe,
} from "../support/peers/scripted_requests.ts";
import type { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import type { ConnectOptions, SessionWorld } from "../support/worlds/session_world.ts";

export * from "../support/peers/scripted_fetches.ts";
export * from "../support/peers/scripted_objects.ts";
export * from "../support/peers/scripted_requests.ts";

/** A peer that has announced a namespace. */
export async function announcing(
  world: SessionWorld,
  path = "live",
  options: ConnectOptions = {},
): Promise<ScriptedPeer> {
  const publisher = await world.connect(options);
  await announce(publisher, path);
  return publisher;
}

/** A publisher of `live` and a subscriber of {@linkcode VIDEO}, both agreed. */
export async function watch(
  world: SessionWorld,
  options: {
    readonly answer?: Acceptance;
    readonly parameters?: ControlMessageOf<"subscribe">["parameters"];
    readonly subscriber?: ConnectOptions;
    readonly publisher?: ConnectOptions;
  } = {},
) {
  const publisher = await world.connect(options.publisher);
  const announcement = await announce(publisher, "live");
  const joined = await world.join(options.subscriber);
  const subscriber = joined.peer;
  const downstream = await subscribe(subscriber, options.parameters);
  const { request: upstream, message } = await accept(publisher, options.answer);
  const ok = await downstream.expect("subscribeOk");
  return { publisher, announcement, subscriber, joined, upstream, downstream, message, ok };
}

/** A further subscriber of a track that flows. */
export async function join(
  world: SessionWorld,
  parameters: ControlMessageOf<"subscribe">["parameters"] = {},
  options: ConnectOptions = {},
) {
  const joined = await world.join(options);
  const downstream = await subscribe(joined.peer, parameters);
  const ok = await downstream.expect("subscribeOk");
  return { subscriber: joined.peer, joined, downstream, ok };
}
