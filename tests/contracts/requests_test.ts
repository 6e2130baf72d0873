import { drafts, multiplexedDrafts, NO_PROPERTIES } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { FirstStreams } from "../../relay/session/first_streams.ts";
import { ControlStream } from "../../relay/session/moqt/connection/control_stream.ts";
import { BidiRequests } from "../../relay/session/moqt/requests/bidi_requests.ts";
import { RequestIds } from "../../relay/session/moqt/requests/request_ids.ts";
import { systemClock, TaskGroup } from "@qumo/shared/runtime";
import { RelayMetrics } from "../../relay/metrics.ts";
import { MultiplexedRequests } from "../../relay/session/moqt/requests/multiplexed_requests.ts";
import { firstLimit } from "../../relay/session/moqt/requests/peer_credit.ts";
import type {
  OwnRequest,
  RequestChannel,
  Requests,
} from "../../relay/session/moqt/requests/requests.ts";
import type { Role } from "../../relay/session/session_options.ts";
import { type Conversation, NAMESPACES, requestContract } from "./requests.ts";
import { type MemoryConnection, memoryPair } from "../support/transport/memory_connection.ts";

/** Draft 17 has one request for namespaces and tracks. */
const PREFIXES: Conversation = {
  ...NAMESPACES,
  question: (requestId) => ({
    kind: "subscribePrefix",
    requestId,
    prefix: [],
    wants: "namespaces",
    parameters: {},
  }),
};

for (const draft of drafts.filter(({ family }) => family === "B")) {
  requestContract(`a stream for each in ${draft.protocol}`, (credit) => {
    const [client, server] = memoryPair({ maxBidiStreams: credit });
    const requests = (connection: MemoryConnection, role: "client" | "server") => {
      const ids = new RequestIds(role);
      return new BidiRequests({
        connection,
        streams: connection,
        rules: {
          draft,
          role,
          canReset: true,
          nextId: () => ids.next(),
          registerTokens: () => {},
          leftOut: () => {},
          admit: () => Promise.resolve(),
          mayProbe: true,
        },
      });
    };
    return {
      client: requests(client, "client"),
      server: requests(server, "server"),
      close: () => client.close(0, ""),
    };
  }, draft.protocol === "moqt-17" ? PREFIXES : NAMESPACES);
}

/** The requests of an end that is not there yet. */
class Later implements Requests {
  readonly #requests: Promise<Requests>;

  constructor(requests: Promise<Requests>) {
    this.#requests = requests;
  }

  async open(kind: OwnRequest): Promise<RequestChannel> {
    return await (await this.#requests).open(kind);
  }

  async accept(): Promise<RequestChannel | undefined> {
    return await (await this.#requests).accept();
  }
}

const NAMESPACE = [Uint8Array.of(1)];

/** What is withdrawn and what is cancelled have different words on a control stream. */
const ANNOUNCEMENTS: Conversation = {
  kind: "publishNamespace",
  question: (requestId) => ({
    kind: "publishNamespace",
    requestId,
    namespace: [...NAMESPACE, Uint8Array.of(Number(requestId))],
    parameters: {},
  }),
  answers: [{ kind: "requestOk", parameters: {}, properties: NO_PROPERTIES }],
  numbered: (number) => ({
    kind: "requestError",
    code: "internal_error",
    retryAfter: 0n,
    reason: String(number),
  }),
  update: {
    kind: "requestUpdate",
    requestId: 2n,
    // Draft 14 says all of it in each.
    parameters: {
      forward: true,
      subscriberPriority: 128,
      filter: { type: "absolute_start", start: { group: 0n, object: 0n } },
    },
  },
  cancellable: {
    kind: "subscribe",
    question: (requestId) => ({
      kind: "subscribe",
      requestId,
      track: { namespace: NAMESPACE, name: Uint8Array.of(2) },
      parameters: {},
    }),
    answers: [{ kind: "subscribeOk", alias: 7n, parameters: {}, properties: NO_PROPERTIES }],
  },
};

for (const draft of multiplexedDrafts) {
  requestContract(`on one stream in ${draft.protocol}`, (credit) => {
    const tasks = new TaskGroup(() => {});
    const [client, server] = memoryPair();
    const requests = async (connection: MemoryConnection, role: Role) => {
      const line = new ControlStream({
        draft,
        connection,
        role,
        tasks,
        clock: systemClock,
        implementation: undefined,
        maxRequestId: firstLimit(role, credit),
        onGoaway: () => {},
        giveUp: assert.fail,
      });
      const streams = new FirstStreams(connection);
      line.begin({}, streams);
      const { maxRequestId: peerLimit = 0n } = await line.peerSetup;
      return new MultiplexedRequests({
        draft,
        line,
        streams,
        openBidi: () => connection.openBidi(),
        tasks,
        metrics: new RelayMetrics(),
        rules: {
          role,
          canReset: true,
          registerTokens: () => {},
          leftOut: () => {},
          admit: () => Promise.resolve(),
          mayProbe: true,
        },
        peerLimit,
        maxRequests: credit,
      });
    };
    return {
      client: new Later(requests(client, "client")),
      server: new Later(requests(server, "server")),
      close: () => client.close(0, ""),
    };
  }, {
    ...ANNOUNCEMENTS,
    agreed: draft.requests.answersUpdates ? [] : ANNOUNCEMENTS.answers,
  });
}
