import type { VarintFormat } from "../../varint.ts";
import type { ControlCodec } from "../control/codec.ts";
import type { MultiplexedCodec } from "../control/multiplexed_codec.ts";
import type { DataDialect } from "../data/dialect.ts";
import type {
  CodeTable,
  DoneName,
  RequestErrorName,
  SessionCodes,
  StreamCodes,
} from "../model/codes.ts";
import type { MultiplexedRules } from "../model/multiplexed_rules.ts";
import type { ParameterRules } from "../model/parameter_rules.ts";

/** What a draft of either family is described by. */
interface AnyDraft {
  /** ALPN token, and WebTransport protocol. */
  readonly protocol: string;
  readonly number: number;
  /** What lists of versions in CLIENT_SETUP have for it; undefined for a draft that has no such list. */
  readonly version?: bigint;
  readonly varint: VarintFormat;
  /** What the draft chooses about data streams and datagrams. */
  readonly data: DataDialect;
  /** Which parameters answers and updates may carry. */
  readonly parameters: ParameterRules;
  /** What a subscriber may do that other drafts forbid. */
  readonly allows?: {
    /** Several subscriptions of a session to one track. */
    readonly severalSubscriptions?: true;
    /** Filters by ranges. */
    readonly rangeFilters?: true;
    /** To be told of changes that it did not ask for (PUBLISH_STATE_NOTIFY). */
    readonly stateNotify?: true;
    /** A filter that ends before the largest object. */
    readonly pastFilters?: true;
  };
  /** The codes that sessions are closed with. */
  readonly sessionCodes: SessionCodes;
  /** The codes that streams are reset and stopped with. */
  readonly streamCodes: StreamCodes;
  /** The codes that requests are refused with; the control codec has the same. */
  readonly requestCodes: CodeTable<RequestErrorName>;
  /** The codes that subscriptions end with; the control codec has the same. */
  readonly doneCodes: CodeTable<DoneName>;
}

/** A draft with a stream for each request: 17 and later. */
export interface StreamDraft extends AnyDraft {
  readonly family: "B";
  readonly control: ControlCodec;
}

/** A draft with one control stream for everything: 14 to 16. */
export interface MultiplexedDraft extends AnyDraft {
  readonly family: "A";
  readonly control: MultiplexedCodec;
  /** How its requests go over the control stream. */
  readonly requests: MultiplexedRules;
}

/**
 * One draft of MoQT: what its family's adapter must know to speak it. A further draft of a family is
 * a further descriptor with tables of its own.
 */
export type Draft = StreamDraft | MultiplexedDraft;
