import { Connection, type Group, Path, type Track } from "@moq/net";
import { MoqNetPeer } from "../support/peers/moq_net_peer.ts";
import { asWebTransport } from "../support/peers/moq_net.ts";
import type { Publication } from "../support/peers/peer.ts";
import { Queue } from "../support/peers/queue.ts";
import { connectionTransport } from "../support/transport/connection_transport.ts";
import {
  connectQuicTransport,
  type QuicServerAddress,
  type SessionTransport,
} from "../support/transport/quic_transport.ts";
import type {
  Abilities,
  MatrixClient,
  MatrixEvent,
  MatrixGroup,
  MatrixPeer,
  MatrixPublication,
  MatrixSubscription,
  MatrixTrack,
  MatrixTransport,
} from "./client.ts";
import { dialAs } from "./scripted_client.ts";

// It complains when a session ends, which is what ends each cell.
// deno-lint-ignore no-console
console.warn = () => {};

// The library speaks draft 14 over a session without a protocol.
const WITHOUT_PROTOCOL = "moq-00";
const IETF = [WITHOUT_PROTOCOL, "moqt-15", "moqt-16", "moqt-17", "moqt-18", "moqt-19", "moqt-20"];
const LITE = ["moq-lite-03", "moq-lite-04", "moq-lite-05"];

/**
 * moq-dev's TypeScript library. At drafts of the IETF it never reads that a track has ended, and at
 * moq-lite 03 and 04 it waits for the end of a stream that it does not read, which Deno does not tell.
 */
export const moqNetClient: MatrixClient = {
  name: "@moq/net 0.3.4",
  abilities(protocol): Abilities | undefined {
    if (![...IETF, ...LITE].includes(protocol)) return undefined;
    const subgroups = LITE.includes(protocol) ? "joined" : "none";
    return { subgroups, fetch: false, trackEnd: protocol === "moq-lite-05" };
  },
  async connect(server, protocol, transport) {
    const session = await sessionTo(server, protocol, transport);
    const url = new URL(`https://127.0.0.1:${server.port}/`);
    const established = await Connection.connect(url, { transport: asWebTransport(session) });
    return new MoqNetMatrixPeer(new MoqNetPeer("@moq/net", established));
  },
};

async function sessionTo(
  server: QuicServerAddress,
  protocol: string,
  transport: MatrixTransport,
): Promise<SessionTransport> {
  const session = transport === "quic"
    ? await connectQuicTransport(server, protocol)
    : connectionTransport(await dialAs(server, protocol, transport));
  return protocol === WITHOUT_PROTOCOL ? { ...session, protocol: "" } : session;
}

class MoqNetMatrixPeer implements MatrixPeer {
  readonly #peer: MoqNetPeer;

  constructor(peer: MoqNetPeer) {
    this.#peer = peer;
  }

  async publish({ path, name }: MatrixTrack): Promise<MatrixPublication> {
    return new MoqNetMatrixPublication(await this.#peer.publish(path, [name]), name);
  }

  async subscribe({ path, name }: MatrixTrack): Promise<MatrixSubscription> {
    await this.#peer.announced(path);
    const broadcast = this.#peer.session.consume(Path.from(path));
    const track = broadcast.track(name).subscribe();
    return new MoqNetSubscription(track, () => broadcast.close());
  }

  close(): Promise<void> {
    return this.#peer.close();
  }
}

class MoqNetMatrixPublication implements MatrixPublication {
  readonly #publication: Publication;
  readonly #track: string;

  constructor(publication: Publication, track: string) {
    this.#publication = publication;
    this.#track = track;
  }

  subscribed(): Promise<void> {
    return this.#publication.subscribed(this.#track);
  }

  startGroup(): Promise<MatrixGroup> {
    return this.#publication.startGroup(this.#track);
  }

  end(): Promise<void> {
    return this.#publication.end();
  }
}

class MoqNetSubscription implements MatrixSubscription {
  readonly #track: Track.Subscriber;
  readonly #leave: () => void;
  readonly #events = new Queue<MatrixEvent>();
  readonly #ended = Promise.withResolvers<void>();

  constructor(track: Track.Subscriber, leave: () => void) {
    this.#track = track;
    this.#leave = leave;
    this.#read().catch(() => {}).finally(() => this.#events.end());
  }

  next(): Promise<MatrixEvent | undefined> {
    return this.#events.next();
  }

  ended(): Promise<void> {
    return this.#ended.promise;
  }

  stop(): Promise<void> {
    this.#track.close();
    this.#leave();
    return Promise.resolve();
  }

  async #read(): Promise<void> {
    const groups: Promise<void>[] = [];
    for (;;) {
      const group = await this.#track.recvGroup();
      if (group === undefined) break;
      // A group that breaks off has delivered what it had.
      groups.push(this.#readGroup(group).catch(() => {}));
    }
    await Promise.all(groups);
    this.#ended.resolve();
  }

  async #readGroup(group: Group.Consumer): Promise<void> {
    for (;;) {
      const frame = await group.readFrameSequence();
      if (frame === undefined) break;
      const { sequence: object, payload } = frame;
      this.#events.push({ kind: "object", group: group.sequence, object, payload });
    }
    this.#events.push({ kind: "group_end", group: group.sequence });
  }
}
