import { type VarintFormat, vi64 } from "../varint.ts";
import { type ControlCodec, controlCodec } from "./control/codec.ts";
import { messageTable } from "./control/messages.ts";
import { data18, type DataDialect } from "./data/dialect.ts";

/**
 * One draft of MoQT: what its family's adapter must know to speak it. A further draft of a family is
 * a further descriptor with tables of its own.
 */
export interface Draft {
  /** ALPN token, and WebTransport protocol. */
  readonly protocol: string;
  readonly number: number;
  /** A: one control stream for everything (14 to 16). B: a stream for each request (17 and later). */
  readonly family: "A" | "B";
  readonly varint: VarintFormat;
  readonly control: ControlCodec;
  /** What the draft chooses about data streams and datagrams. */
  readonly data: DataDialect;
}

/** draft-ietf-moq-transport-18. */
export const draft18: Draft = {
  protocol: "moqt-18",
  number: 18,
  family: "B",
  varint: vi64,
  control: controlCodec(messageTable, vi64),
  data: data18,
};

/** Every draft that is spoken, the preferred one first. */
export const drafts: readonly Draft[] = [draft18];

/** The draft that this ALPN token or WebTransport protocol names. */
export function draftOf(protocol: string | undefined): Draft | undefined {
  return drafts.find((draft) => draft.protocol === protocol);
}
