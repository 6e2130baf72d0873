import { hostOf } from "./host_of.ts";
import type { HandshakePeer, HandshakeSlots } from "./handshake_slots.ts";
import type { QmuxConnection } from "./qmux/connection.ts";
import { type AcceptOptions, acceptWebSocket, refuseUpgrade } from "./websocket/accept.ts";
import type { ByteStream, UpgradeRequest } from "./websocket/byte_stream.ts";

/** What {@linkcode WebSocketUpgrades} works with. */
export interface WebSocketUpgradesParts {
  readonly options: Omit<AcceptOptions, "onConnection">;
  readonly slots: HandshakeSlots;
  /** The peer of a handshake, by its host. */
  readonly peerAt: (host: string) => HandshakePeer;
  /** Whether the peer's address may have one more connection, until it is closed. */
  readonly admits: (peer: string, closed: Promise<unknown>) => boolean;
  /** Called when a handshake is evicted by others. */
  readonly onCrowdedOut: () => void;
  /** Watches the connection of a handshake from its beginning; returns what ends it. */
  readonly watch: (connection: QmuxConnection) => (reason: string) => void;
  readonly onReady: (connection: QmuxConnection) => void;
  readonly onFailed: (error: unknown, peer: string) => void;
}

/** Opens WebSockets within the limits of a listener. */
export class WebSocketUpgrades {
  readonly #parts: WebSocketUpgradesParts;

  constructor(parts: WebSocketUpgradesParts) {
    this.#parts = parts;
  }

  /** Opens one on the connection of a request, or answers with a refusal. Never rejects. */
  async open(request: UpgradeRequest, stream: ByteStream): Promise<void> {
    const { options, slots, peerAt, admits, watch, onCrowdedOut, onReady, onFailed } = this.#parts;
    const { remoteAddress: peer } = request;
    const closed = Promise.withResolvers<void>();
    if (!admits(peer, closed.promise)) {
      return refuseUpgrade(stream, { status: 429, reason: CROWDED_ADDRESS });
    }
    let end: (reason: string) => void = () => stream.destroy();
    const slot = slots.take(peerAt(hostOf(peer)), () => {
      onCrowdedOut();
      end(CROWDED_OUT);
    });
    try {
      const onConnection = (connection: QmuxConnection) => {
        end = watch(connection);
        void connection.closed.then(() => closed.resolve());
      };
      onReady(await acceptWebSocket(request, stream, { ...options, onConnection }));
    } catch (error) {
      closed.resolve();
      onFailed(error, peer);
    } finally {
      slot.give();
    }
  }
}

/** Why a handshake is evicted by others. */
export const CROWDED_OUT = "too many handshakes at once, and this one took longest";
/** Why a connection is refused whose address has enough of them. */
export const CROWDED_ADDRESS = "too many connections from this address";
