import { sleep } from "@qumo/shared/runtime";
import type { Connection } from "./transport/mod.ts";
import type { HostParts, SessionHost } from "./relay.ts";

/** Keeps connections and says nothing to them. */
export function createIdleHost({ clock, log, metrics }: HostParts): SessionHost {
  const connections = new Set<Connection>();
  const allLeft = () => Promise.all(Array.from(connections, (connection) => connection.closed));
  const end = async (reason: string) => {
    for (const connection of connections) connection.close(0, reason);
    await allLeft();
  };
  return {
    protocols: ["moqt-18"],
    serve(connection) {
      connections.add(connection);
      metrics.sessionsStarted[connection.transport]++;
      void connection.closed.then(({ code, reason, by }) => {
        connections.delete(connection);
        log.info("session ended", { peer: connection.remoteAddress, code, reason, by });
      });
    },
    get active() {
      return connections.size;
    },
    snapshot: () => ({
      sessions: connections.size,
      subscriptions: 0,
      tracks: 0,
      namespaces: 0,
      openGroups: 0,
      parkedStreams: 0,
      cache: { bytes: 0, groups: 0 },
    }),
    tracks: () => [],
    async drain(deadlineMs) {
      const patience = new AbortController();
      const deadline = sleep(clock, deadlineMs, patience.signal);
      await Promise.race([allLeft(), deadline]);
      patience.abort();
      await end("the relay is going away");
    },
    close: () => end("the relay ends"),
  };
}
