import type { VarintFormat } from "../../varint.ts";
import type { ControlCodec } from "../control/codec.ts";
import type { DataDialect } from "../data/dialect.ts";
import type {
  CodeTable,
  DoneName,
  RequestErrorName,
  SessionCodes,
  StreamCodes,
} from "../model/codes.ts";
import type { ParameterRules } from "../model/parameter_rules.ts";

/**
 * One draft of MoQT: what its family's adapter must know to speak it. A further draft of a family is
 * a further descriptor with tables of its own.
 */
export interface Draft {
  /** ALPN token, and WebTransport protocol. */
  readonly protocol: string;
  readonly number: number;
  /** What lists of versions in CLIENT_SETUP have for it; undefined for a draft that has no such list. */
  readonly version?: bigint;
  /** A: one control stream for everything (14 to 16). B: a stream for each request (17 and later). */
  readonly family: "A" | "B";
  readonly varint: VarintFormat;
  readonly control: ControlCodec;
  /** What the draft chooses about data streams and datagrams. */
  readonly data: DataDialect;
  /** Which parameters answers and updates may carry. */
  readonly parameters: ParameterRules;
  /** The codes that sessions are closed with. */
  readonly sessionCodes: SessionCodes;
  /** The codes that streams are reset and stopped with. */
  readonly streamCodes: StreamCodes;
  /** The codes that requests are refused with; {@linkcode Draft.control} has the same. */
  readonly requestCodes: CodeTable<RequestErrorName>;
  /** The codes that subscriptions end with; {@linkcode Draft.control} has the same. */
  readonly doneCodes: CodeTable<DoneName>;
}
