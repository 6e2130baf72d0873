import type { Clock } from "@qumo/shared/runtime";
import type { GroupOrder } from "@qumo/shared/wire";
import type { ObjectFilter } from "../../track/mod.ts";
import type { Connection, SendStream } from "../../transport/types.ts";
import type { EventLog } from "../event_log.ts";
import type { FetchOutput } from "../fetch_output.ts";
import type { SessionMetrics } from "../metrics.ts";
import type { ObjectStreams } from "./object_streams.ts";

/** What an object fetch uses of its session. */
export interface ObjectFetchContext {
  readonly clock: Clock;
  readonly metrics: SessionMetrics;
  readonly events: EventLog;
  readonly connection: Pick<Connection, "canReset">;
  readonly streams: ObjectStreams;
}

/** How the objects of a fetch are sent. */
export interface ObjectFetchOptions {
  readonly order: GroupOrder;
  readonly sendOrder: number;
  readonly output: FetchOutput;
  /** What the stream begins with. */
  readonly header: Uint8Array;
  /** The stream, if it is there already. */
  readonly stream?: SendStream;
  /** For the log. */
  readonly subject: { readonly track: string } | { readonly namespace: string };
  /** The relays that the request passed. */
  readonly via: readonly string[];
  /** Objects that do not pass it are left out; absent: all pass. */
  readonly filter?: ObjectFilter | undefined;
}
