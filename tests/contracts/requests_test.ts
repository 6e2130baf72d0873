import { drafts } from "@qumo/shared/wire";
import { BidiRequests } from "../../relay/session/moqt/requests/bidi_requests.ts";
import { RequestIds } from "../../relay/session/moqt/requests/request_ids.ts";
import { MultiplexedRequests } from "./multiplexed_requests.ts";
import { requestContract } from "./requests.ts";
import { type MemoryConnection, memoryPair } from "../support/transport/memory_connection.ts";

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
  });
}

requestContract("multiplexed over one stream", (credit) => {
  const [client, server] = MultiplexedRequests.pair(credit);
  return { client, server, close: () => client.close() };
});
