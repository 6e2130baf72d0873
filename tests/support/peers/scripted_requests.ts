/** Requests of scripted publishers and subscribers, and their answers, in as few words as a test needs. */
import {
  type ControlMessageOf,
  type DoneName,
  type FullTrackName,
  type Location,
  type Parameters,
  type RequestErrorName,
  type SessionErrorName,
  type StreamDraft,
  WHOLE_GROUP,
} from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { referenceDraft } from "../reference_draft.ts";
import { ALIAS, NO_PROPERTIES, written } from "./scripted_objects.ts";
import { namespaceOf, type ScriptedPeer, trackOf } from "./scripted_peer.ts";
import { bytesOf, type RequestStream } from "./scripted_streams.ts";

/** The track that most scenarios are about. */
export const VIDEO: FullTrackName = trackOf("live/cam", "video");

/** Publishes a namespace; the request lasts as long as its stream. */
export async function announce(peer: ScriptedPeer, path: string): Promise<RequestStream> {
  const namespace = namespaceOf(path);
  const request = await peer.request({ kind: "publishNamespace", namespace, parameters: {} });
  await request.expect("requestOk");
  return request;
}

/** What a publisher answers to SUBSCRIBE. */
export interface Acceptance {
  readonly alias?: bigint;
  readonly largest?: Location;
  readonly properties?: Uint8Array;
}

/** Waits for the relay's SUBSCRIBE and agrees to it. */
export async function accept(peer: ScriptedPeer, answer: Acceptance = {}) {
  const { request, message } = await peer.expectRequest("subscribe");
  await sendSubscribeOk(request, answer);
  return { request, message };
}

/** Agrees to a SUBSCRIBE. */
export async function sendSubscribeOk(request: RequestStream, answer: Acceptance = {}) {
  await request.send({ kind: "subscribeOk", ...said(answer, request.draft) });
}

/** What a publisher says of its track. */
function said(
  { alias = ALIAS, largest, properties = NO_PROPERTIES }: Acceptance,
  { data }: StreamDraft,
) {
  const parameters = largest === undefined ? {} : { largestObject: largest };
  return { alias, parameters, properties: written(properties, data) };
}

/** Sends SUBSCRIBE. */
export function subscribe(
  peer: ScriptedPeer,
  parameters: ControlMessageOf<"subscribe">["parameters"] = {},
  track: FullTrackName = VIDEO,
): Promise<RequestStream> {
  return peer.request({ kind: "subscribe", track, parameters });
}

/** Sends FETCH for a range; its end is the last location that is wanted, `whole` to the group's end. */
export function fetch(
  peer: ScriptedPeer,
  start: readonly [number, number],
  end: readonly [number, number | "whole"],
  parameters: ControlMessageOf<"fetch">["parameters"] = {},
  track: FullTrackName = VIDEO,
): Promise<RequestStream> {
  return peer.request({
    kind: "fetch",
    range: {
      type: "standalone",
      track,
      start: at(...start),
      end: { group: BigInt(end[0]), object: end[1] === "whole" ? WHOLE_GROUP : BigInt(end[1]) },
    },
    parameters,
  });
}

/** Says that a publisher is through. */
export async function publishDone(
  request: RequestStream,
  code: DoneName,
  streamCount: number | bigint,
): Promise<void> {
  await request.send({ kind: "publishDone", code, streamCount: BigInt(streamCount), reason: "" });
  await request.finish();
}

/** The refusal that must come next, and the end of the stream behind it. */
export async function refused(request: RequestStream, name: Uppercase<RequestErrorName>) {
  const error = await request.expect("requestError");
  assert.equal(error.code, name.toLowerCase(), `${name} expected: ${error.reason}`);
  assert.equal(await request.ended(), "fin");
  return error;
}

/** PUBLISH from a publisher. */
export function publish(
  peer: ScriptedPeer,
  options: Acceptance & {
    readonly track?: FullTrackName;
    readonly parameters?: Parameters<"forward" | "authorizationTokens" | "expires">;
  } = {},
): Promise<RequestStream> {
  const { alias, parameters, properties } = said(options, peer.draft);
  return peer.request({
    kind: "publish",
    track: options.track ?? VIDEO,
    alias,
    parameters: { ...options.parameters, ...parameters },
    properties,
  });
}

export function at(group: number, object: number): Location {
  return { group: BigInt(group), object: BigInt(object) };
}

/** The code that a session must be closed with by the relay. */
export async function closedWith(peer: ScriptedPeer, code: SessionErrorName, because?: RegExp) {
  const info = await peer.closed;
  assert.equal(info.by, "peer");
  const expected = peer.draft.sessionCodes[code];
  assert.equal(info.code, expected, `Closed with ${info.code}: ${info.reason}`);
  if (because !== undefined) assert.match(info.reason, because);
}

/** A control message of whatever type with whatever body, whose length may be given wrong. */
export function frame(
  type: bigint,
  parts: readonly (bigint | string | Uint8Array)[],
  lengthOff = 0,
): Uint8Array {
  const body = bytesOf(referenceDraft, ...parts);
  const length = body.length + lengthOff;
  return bytesOf(referenceDraft, type, new Uint8Array([length >> 8, length & 0xff]), body);
}
