import type { Connection } from "../../../relay/transport/mod.ts";
import type { Random } from "../random.ts";
import type { Aim, HostileBytes } from "./bytes.ts";

/** What a hostile peer sends beside its requests. */
export type DataMove = "subgroup" | "fetch_stream" | "datagram";

/** What hostile peers do with their connection, however they ask: data that they send and receive. */
export class HostileData {
  readonly #connection: Connection;
  readonly #random: Random;
  readonly #bytes: HostileBytes;

  constructor(connection: Connection, random: Random, bytes: HostileBytes) {
    this.#connection = connection;
    this.#random = random;
    this.#bytes = bytes;
    void this.#meetStreams().catch(() => {});
  }

  /** Sends one hostile thing of this kind; `onNewUni` sends bytes on a stream. */
  move(move: DataMove, aim: Aim, onNewUni: (bytes: Uint8Array) => void): void {
    const [random, bytes] = [this.#random, this.#bytes];
    switch (move) {
      case "subgroup":
        return onNewUni(bytes.maybeMutate(25, bytes.subgroup(aim)));
      case "fetch_stream":
        return onNewUni(bytes.maybeMutate(25, bytes.fetchStream(aim)));
      case "datagram": {
        const datagram = random.percent(15)
          ? random.bytes(40)
          : bytes.maybeMutate(25, bytes.datagram(aim));
        return void this.#connection.sendDatagram(datagram);
      }
    }
  }

  /** Leaves, with whatever code, or is cut off by `sever`. */
  leave(sever: () => void): void {
    if (this.#random.percent(30)) sever();
    else this.#connection.close(this.#random.below(40), "x".repeat(this.#random.below(30)));
  }

  /** Takes the relay's streams, reads one in two, and stops some. */
  async #meetStreams(): Promise<void> {
    for (;;) {
      const stream = await this.#connection.acceptUni();
      if (stream === undefined) return;
      const roll = this.#random.below(20);
      if (roll === 0) stream.stop(1);
      else if (roll < 10) void this.#read(stream).catch(() => {});
    }
  }

  async #read(stream: { read(into: Uint8Array<ArrayBuffer>): Promise<unknown> }): Promise<void> {
    while (await stream.read(new Uint8Array(1_024)) !== undefined);
  }
}
