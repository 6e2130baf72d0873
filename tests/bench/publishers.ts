import type { ControlMessage, FullTrackName } from "@qumo/shared/wire";
import type { SendStream } from "../../relay/transport/mod.ts";
import { LoadPeer } from "./load_peer.ts";
import type { ServerAddress } from "./server_process.ts";
import type { TimedObject } from "./traffic.ts";

/** Publishes one track on a connection of its own. */
export class TrackPublisher {
  readonly #peer: LoadPeer;
  #stream: SendStream | undefined;
  // Opening a stream takes a moment, in which objects must not overtake each other.
  #sent: Promise<void> = Promise.resolve();

  private constructor(peer: LoadPeer) {
    this.#peer = peer;
  }

  /** Connects and announces the track of this number. */
  static async connect(server: ServerAddress, track: number): Promise<TrackPublisher> {
    const peer = await LoadPeer.connect(server);
    const answer = ({ kind }: ControlMessage): ControlMessage | undefined => {
      if (kind === "subscribe") {
        return { kind: "subscribeOk", alias: BigInt(track), parameters: {}, properties: NOTHING };
      }
      return kind === "requestUpdate"
        ? { kind: "requestOk", parameters: {}, properties: NOTHING }
        : undefined;
    };
    await peer.setUp(answer);
    await peer.publishNamespace(trackOf(track).namespace);
    return new TrackPublisher(peer);
  }

  /** Sends an object of the track. */
  send(object: TimedObject): void {
    this.#sent = this.#sent.then(() => this.#send(object)).catch(() => {});
  }

  /** Leaves. */
  close(): void {
    this.#peer.close();
  }

  async #send({ bytes, isFirst, isLast }: TimedObject): Promise<void> {
    if (isFirst) this.#stream = await this.#peer.connection.openUni();
    await this.#stream!.write(bytes);
    if (isLast) await this.#stream!.finish();
  }
}

/** The name of the track of this number. */
export function trackOf(track: number): FullTrackName {
  const encoder = new TextEncoder();
  return { namespace: [encoder.encode(`bench-${track}`)], name: encoder.encode("video") };
}

const NOTHING = new Uint8Array();
