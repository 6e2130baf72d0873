/** Publishers and viewers of one track in any dialect, in as few words as a scenario over a mesh needs. */
import {
  draftOf,
  encodeSubgroupHeader,
  liteVersionOf,
  type MultiplexedDraft,
  multiplexedDrafts,
  NO_PROPERTIES,
  type StreamDraft,
} from "@qumo/shared/wire";
import type { Connection } from "../../../relay/transport/mod.ts";
import { ControlStreamPeer } from "./control_stream_peer.ts";
import { ScriptedLite } from "./scripted_lite.ts";
import {
  sendSubgroup,
  subgroupHeader,
  SubgroupReader,
  SubgroupScript,
} from "./scripted_objects.ts";
import { namespaceOf, ScriptedPeer, trackOf } from "./scripted_peer.ts";
import { sendSubscribeOk } from "./scripted_requests.ts";
import { IncomingStream, OutgoingStream } from "./scripted_streams.ts";

const PATH = "live/cam";
const NAME = "video";
const NAMESPACE = namespaceOf(PATH);
const TRACK = trackOf(PATH, NAME);
const FIRST_ALIAS = 3n;

const NOT_HERE = { code: "does_not_exist", retryAfter: 0n, reason: "" } as const;

/** Publishes `live/cam`, `video` to whoever asks for it. */
export interface AnyPublisher {
  /** Sends a whole group to every subscription. */
  group(id: bigint, payloads: readonly string[]): Promise<void>;
}

/** Watches it. */
export interface AnyViewer {
  /** The whole groups that came, with the payloads of their objects. */
  readonly groups: ReadonlyMap<bigint, readonly string[]>;
}

/** A publisher of a dialect at the other end of a connection. */
export function publishBy(protocol: string, connection: Connection): Promise<AnyPublisher> {
  const version = liteVersionOf(protocol);
  if (version !== undefined) return publishLite(new ScriptedLite(connection, version));
  const older = multiplexedDrafts.find((draft) => draft.protocol === protocol);
  if (older !== undefined) return publishOlder(older, connection);
  return publishStreams(draftOf(protocol)!, connection);
}

/** A viewer of a dialect at the other end of a connection. */
export function watchBy(protocol: string, connection: Connection): Promise<AnyViewer> {
  const version = liteVersionOf(protocol);
  if (version !== undefined) return watchLite(new ScriptedLite(connection, version));
  const older = multiplexedDrafts.find((draft) => draft.protocol === protocol);
  if (older !== undefined) return watchOlder(older, connection);
  return watchStreams(draftOf(protocol)!, connection);
}

function objectsOf(payloads: readonly string[]) {
  return payloads.map((payload, id) => ({ id, payload }));
}

async function publishStreams(draft: StreamDraft, connection: Connection): Promise<AnyPublisher> {
  const peer = await ScriptedPeer.connect(connection, { role: "client", setup: {}, draft });
  const aliases = new Set<bigint>();
  let last = FIRST_ALIAS;
  const serve = async () => {
    for (;;) {
      const request = await peer.acceptRequest();
      const message = await request.next();
      if (message.kind === "subscribe") {
        aliases.add(++last);
        await sendSubscribeOk(request, { alias: last });
      } else if (message.kind === "subscribeNamespace") {
        await request.send({ kind: "requestOk", parameters: {}, properties: NO_PROPERTIES });
      } else await request.send({ kind: "requestError", ...NOT_HERE });
    }
  };
  serve().catch(() => {});
  await peer.request({ kind: "publishNamespace", namespace: NAMESPACE, parameters: {} });
  return {
    async group(group, payloads) {
      for (const alias of aliases) {
        await sendSubgroup(peer, { alias, group, endOfGroup: true }, ...objectsOf(payloads));
      }
    },
  };
}

async function watchStreams(draft: StreamDraft, connection: Connection): Promise<AnyViewer> {
  const peer = await ScriptedPeer.connect(connection, { role: "client", setup: {}, draft });
  const groups = new Map<bigint, readonly string[]>();
  await peer.request({ kind: "subscribe", track: TRACK, parameters: {} });
  const read = async () => {
    for (;;) note(groups, await SubgroupReader.next(peer));
  };
  read().catch(() => {});
  return { groups };
}

function note(groups: Map<bigint, readonly string[]>, reader: SubgroupReader): void {
  reader.objects().then(({ objects, end }) => {
    if (end === "fin") groups.set(reader.header.group, objects.map(({ payload }) => payload));
  }, () => {});
}

async function publishOlder(
  draft: MultiplexedDraft,
  connection: Connection,
): Promise<AnyPublisher> {
  const peer = await ControlStreamPeer.connect(connection, draft);
  const aliases = new Set<bigint>();
  let last = FIRST_ALIAS;
  const serve = async () => {
    for (;;) {
      const message = await peer.next();
      if (message === undefined) return;
      if (message.kind === "subscribe") {
        aliases.add(++last);
        const answer = { alias: last, parameters: {}, properties: NO_PROPERTIES };
        peer.say({ kind: "subscribeOk", requestId: message.requestId, ...answer });
      }
    }
  };
  peer.say({ kind: "publishNamespace", requestId: 0n, namespace: NAMESPACE, parameters: {} });
  void serve().catch(() => {});
  return {
    async group(group, payloads) {
      for (const alias of aliases) {
        const { data } = draft;
        const stream = new OutgoingStream(await connection.openUni(), asStreams(draft));
        await stream.write(
          encodeSubgroupHeader(subgroupHeader({ alias, group, endOfGroup: true }), data),
        );
        const script = new SubgroupScript(stream, false, data);
        await script.send(...objectsOf(payloads));
        await script.finish();
      }
    },
  };
}

async function watchOlder(draft: MultiplexedDraft, connection: Connection): Promise<AnyViewer> {
  const peer = await ControlStreamPeer.connect(connection, draft);
  const groups = new Map<bigint, readonly string[]>();
  peer.say({ kind: "subscribe", requestId: 0n, track: TRACK, parameters: {} });
  const listen = async () => {
    while (await peer.next() !== undefined);
  };
  const read = async () => {
    for (;;) {
      const stream = await connection.acceptUni();
      if (stream === undefined) return;
      const incoming = new IncomingStream(stream, asStreams(draft));
      const type = await incoming.varint();
      note(groups, await SubgroupReader.of(Object.assign(incoming, { type })));
    }
  };
  void listen().catch(() => {});
  void read().catch(() => {});
  return { groups };
}

/** Data streams need of a draft what both families have. */
function asStreams(draft: MultiplexedDraft): StreamDraft {
  return draft as unknown as StreamDraft;
}

async function publishLite(peer: ScriptedLite): Promise<AnyPublisher> {
  await peer.say({ probe: 0 });
  const subscriptions = new Set<bigint>();
  const announce = async () => {
    await peer.announce({ [PATH]: [] }, 77n);
    for (;;) subscriptions.add((await peer.agree()).id);
  };
  void announce().catch(() => {});
  const text = new TextEncoder();
  return {
    async group(group, payloads) {
      for (const subscription of subscriptions) {
        await peer.group({ subscription, group }, payloads.map((payload) => text.encode(payload)));
      }
    },
  };
}

async function watchLite(peer: ScriptedLite): Promise<AnyViewer> {
  await peer.say({ probe: 0 });
  const groups = new Map<bigint, readonly string[]>();
  await peer.subscribe(0n, [PATH, NAME]);
  const text = new TextDecoder();
  const read = async () => {
    for (;;) {
      const heard = await peer.groups.next();
      if (heard === undefined) return;
      if (heard.end !== "fin") continue;
      groups.set(heard.group, heard.frames.map(({ payload }) => text.decode(payload)));
    }
  };
  void read().catch(() => {});
  return { groups };
}
