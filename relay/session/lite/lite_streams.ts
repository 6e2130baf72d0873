import type { Connection } from "../../transport/types.ts";
import { encodeStreamType } from "@qumo/shared/wire";
import type { StreamSource } from "../first_streams.ts";
import { LiteStream, type LiteStreamRules } from "./lite_stream.ts";

/** The dependencies of {@linkcode LiteStreams}. */
export interface LiteStreamsParts {
  readonly connection: Pick<Connection, "openBidi">;
  /** The source of the peer's streams. */
  readonly source: Pick<StreamSource, "acceptBidi">;
  readonly rules: LiteStreamRules;
}

/** The bidirectional streams of one session, each of which is one transaction. */
export class LiteStreams {
  readonly #parts: LiteStreamsParts;

  constructor(parts: LiteStreamsParts) {
    this.#parts = parts;
  }

  /** Opens a stream of this type. */
  async open(type: bigint): Promise<LiteStream> {
    const { connection, rules } = this.#parts;
    const stream = new LiteStream(await connection.openBidi(), rules);
    stream.send(encodeStreamType(type));
    return stream;
  }

  /** The peer's next stream; undefined when the connection has ended. */
  async accept(): Promise<LiteStream | undefined> {
    const { source, rules } = this.#parts;
    await rules.admit();
    const bidi = await source.acceptBidi();
    return bidi && new LiteStream(bidi, rules);
  }
}
