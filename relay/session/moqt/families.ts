import type { Clock, TaskGroup } from "@qumo/shared/runtime";
import type { ControlMessageOf, Draft, MultiplexedDraft, StreamDraft } from "@qumo/shared/wire";
import type { Connection } from "../../transport/types.ts";
import type { StreamSource } from "../first_streams.ts";
import type { SessionMetrics } from "../metrics.ts";
import type { Role } from "../session_options.ts";
import type { SessionSettings } from "../settings.ts";
import type { Control } from "./connection/control.ts";
import { ControlChannel } from "./connection/control_channel.ts";
import { ControlStream } from "./connection/control_stream.ts";
import type { HandshakeResult } from "./connection/handshake.ts";
import { BidiRequests } from "./requests/bidi_requests.ts";
import { MultiplexedRequests } from "./requests/multiplexed_requests.ts";
import { firstLimit } from "./requests/peer_credit.ts";
import type { RequestIds } from "./requests/request_ids.ts";
import type { MessageRules } from "./requests/request_stream.ts";
import type { Requests } from "./requests/requests.ts";

/** What both families of drafts need to begin a session. */
export interface FamilyParts {
  readonly draft: Draft;
  readonly role: Role;
  readonly connection: Connection;
  readonly clock: Clock;
  readonly tasks: TaskGroup;
  readonly metrics: SessionMetrics;
  readonly settings: SessionSettings;
  readonly ids: RequestIds;
  /** Called with the peer's GOAWAY. */
  readonly onGoaway: (message: ControlMessageOf<"goaway">) => void;
  /** Closes the session because the peer does not read. */
  readonly giveUp: (reason: string) => void;
}

/** What an established session's requests are made with. */
export interface RequestParts {
  readonly rules: Omit<MessageRules, "draft" | "nextId">;
  readonly result: HandshakeResult;
  readonly streams: StreamSource;
}

/** What the families of drafts do differently: how a session begins, and how its requests go. */
export interface Family {
  readonly control: Control;
  requests(parts: RequestParts): Requests;
}

/** The family of a draft, for one session. */
export function familyOf(parts: FamilyParts): Family {
  const { draft } = parts;
  return draft.family === "A" ? multiplexed(draft, parts) : onStreams(draft, parts);
}

/** A stream for each request: drafts 17 and later. */
function onStreams(draft: StreamDraft, parts: FamilyParts): Family {
  const { ids, connection, role, clock, tasks, settings: { implementation }, onGoaway } = parts;
  return {
    control: new ControlChannel({
      connection,
      role,
      draft,
      clock,
      tasks,
      ids,
      implementation,
      onGoaway,
    }),
    requests: ({ rules, streams }) => {
      const nextId = () => ids.next();
      return new BidiRequests({ connection, streams, rules: { ...rules, draft, nextId } });
    },
  };
}

/** One control stream for all requests: drafts 14 to 16. */
function multiplexed(draft: MultiplexedDraft, parts: FamilyParts): Family {
  const { role, connection, tasks, metrics, settings } = parts;
  const { implementation, limits: { maxRequests } } = settings;
  const maxRequestId = firstLimit(role, maxRequests);
  const control = new ControlStream({ ...parts, draft, implementation, maxRequestId });
  return {
    control,
    requests: ({ rules, result: { peer }, streams }) =>
      new MultiplexedRequests({
        draft,
        line: control,
        streams,
        openBidi: () => connection.openBidi(),
        tasks,
        metrics,
        rules,
        peerLimit: peer.maxRequestId ?? 0n,
        maxRequests,
      }),
  };
}
