import type { FullTrackName, MultiplexedDraft } from "@qumo/shared/wire";
import { ControlStreamPeer } from "../support/peers/control_stream_peer.ts";
import { BenchClient } from "./bench_client.ts";
import type { ServerAddress } from "./server_process.ts";
import { SubgroupMeter } from "./subgroup_meter.ts";

/** A reader of a draft with one control stream, with as little of its own as possible. */
export class ControlStreamReader {
  readonly #client: BenchClient;
  readonly #draft: MultiplexedDraft;
  #peer: ControlStreamPeer | undefined;

  private constructor(client: BenchClient, draft: MultiplexedDraft) {
    this.#client = client;
    this.#draft = draft;
  }

  static async connect(
    server: ServerAddress,
    draft: MultiplexedDraft,
    maxUniStreams?: number,
  ): Promise<ControlStreamReader> {
    const { protocol } = draft;
    const client = await BenchClient.connect(server, { protocol, maxUniStreams });
    return new ControlStreamReader(client, draft);
  }

  /** Says hello; what the other side asks for is left unanswered. */
  async setUp(): Promise<void> {
    this.#peer = await ControlStreamPeer.connect(this.#client.connection, this.#draft);
  }

  /** Subscribes to a track; resolves when the other side agreed. */
  async subscribe(track: FullTrackName): Promise<void> {
    const parameters = { filter: { type: "largest_object" } } as const;
    this.#peer!.say({ kind: "subscribe", requestId: 0n, track, parameters });
    await this.#peer!.expect("subscribeOk");
  }

  /** Reads every stream that comes, until the connection ends. */
  receive(arrived: (stamp: number) => void): Promise<void> {
    return this.#client.receive(() => new SubgroupMeter(arrived, this.#draft));
  }

  /** Leaves. */
  close(): void {
    this.#client.close();
  }
}
