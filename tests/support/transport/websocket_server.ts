import { systemClock } from "@qumo/shared/runtime";
import { HttpMetrics, listenHttp } from "@qumo/shared/http";
import { listen } from "../../../relay/transport/listener.ts";
import type { ListenOptions } from "../../../relay/transport/listen_options.ts";
import { generateCertificate, openEndpoint } from "../../../relay/transport/mod.ts";
import { memoryLog } from "../worlds/memory_log.ts";

const certificate = await generateCertificate(["localhost", "127.0.0.1"]);

/** A listener with the HTTP port that WebSockets come through, on free ports of the loopback address. */
export function startWebSocketServer(options: Partial<ListenOptions> = {}) {
  const listener = listen({
    endpoint: openEndpoint("127.0.0.1", 0),
    certificate,
    protocols: ["moqt-18"],
    allowOrigin: () => true,
    allowsPlainWebSocket: true,
    ...options,
  });
  const http = listenHttp({
    hostname: "127.0.0.1",
    port: 0,
    detectedCertificate: certificate,
    handle: () => new Response("plain"),
    upgrade: (request, stream) => listener.upgrade(request, stream),
    metrics: new HttpMetrics(),
    clock: options.clock ?? systemClock,
    log: memoryLog().log,
  });
  return {
    listener,
    port: http.port,
    certificate,
    async [Symbol.asyncDispose]() {
      listener.close(0, "");
      await http.close(0);
    },
  };
}
