import type {
  CodeTable,
  RequestErrorName,
  SessionCodes,
  StreamCodes,
} from "../../moqt/model/codes.ts";
import type { VarintFormat } from "../../varint.ts";
import type { AnnounceReader, AnnounceWriter } from "../announce.ts";
import type { FrameForm } from "../frame.ts";
import type { Layout } from "../layout.ts";
import type {
  LiteAnnounceRequest,
  LiteFetch,
  LiteGoaway,
  LiteGroup,
  LiteProbe,
  LiteSetup,
  LiteSubscribe,
  LiteSubscribeReply,
  LiteSubscribeUpdate,
  LiteTrack,
  LiteTrackInfo,
} from "../messages.ts";

/**
 * One version of moq-lite: what a session must know to speak it. A further version is a further
 * descriptor with tables of its own.
 */
export interface LiteVersion {
  /** ALPN token, WebTransport protocol and WebSocket subprotocol. */
  readonly protocol: string;
  readonly number: number;
  readonly varint: VarintFormat;
  /** The types of the bidirectional streams; undefined for one that the version does not have. */
  readonly requests: Readonly<Record<LiteRequest, bigint | undefined>>;
  /** The types of the unidirectional streams. */
  readonly uniStreams: Readonly<Record<LiteUniStream, bigint | undefined>>;
  readonly messages: LiteMessages;
  readonly announcements: LiteAnnouncements;
  readonly frames: FrameForm;
  /** Whether groups may come in datagrams. */
  readonly hasDatagrams: boolean;
  /** The codes that sessions are closed with. */
  readonly sessionCodes: SessionCodes;
  /** The codes that streams are reset and stopped with. */
  readonly streamCodes: StreamCodes;
  /** The codes that requests are refused with, by a reset of their stream. */
  readonly refusalCodes: CodeTable<RequestErrorName>;
  /** Why a peer that reset a request's stream with this code refused it. */
  refusalOf(code: number): RequestErrorName | "unknown";
}

/** What a bidirectional stream is for. */
export type LiteRequest = "announce" | "subscribe" | "fetch" | "probe" | "goaway" | "track";

/** What a unidirectional stream is for. */
export type LiteUniStream = "group" | "setup";

/** The announcements of a version. */
export interface LiteAnnouncements {
  reader(): AnnounceReader;
  writer(ownHop: bigint): AnnounceWriter;
  /** What a violation on an announce stream ends. */
  readonly fault: "stream" | "session";
  /** Whether routes have a price of their own (06); otherwise it is the number of their hops. */
  readonly hasCosts: boolean;
}

/** The messages of a version; undefined for one that it does not have. */
export interface LiteMessages {
  readonly setup: Layout<LiteSetup> | undefined;
  readonly announceRequest: Layout<LiteAnnounceRequest>;
  readonly subscribe: Layout<LiteSubscribe>;
  readonly subscribeUpdate: Layout<LiteSubscribeUpdate>;
  readonly subscribeReply: Layout<LiteSubscribeReply>;
  readonly track: Layout<LiteTrack> | undefined;
  readonly trackInfo: Layout<LiteTrackInfo> | undefined;
  readonly fetch: Layout<LiteFetch>;
  readonly probe: Layout<LiteProbe>;
  readonly goaway: Layout<LiteGoaway> | undefined;
  readonly group: Layout<LiteGroup>;
}
