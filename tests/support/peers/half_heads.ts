import { HANGS_MS } from "../deadline.ts";
import { until } from "../until.ts";

/**
 * Opens 3000 connections that begin a request and do not go on, from one address, and waits until most of
 * them were ended. Those that are too many for one address are closed at once; another one is answered
 * meanwhile.
 */
export async function halfHeadsEnd(origin: string): Promise<void> {
  const { hostname, port } = new URL(origin);
  const half = new TextEncoder().encode("GET /health HTTP/1.1\r\nHost: localhost\r\n");
  using stack = new DisposableStack();
  for (let number = 0; number < 3_000; number++) {
    const connection = stack.use(await Deno.connect({ hostname, port: Number(port) }));
    await connection.write(half).catch(() => {});
  }
  const client = stack.use(Deno.createHttpClient({ localAddress: "127.0.0.2" }));
  const ended = /http_connections_dropped_total\{reason="head_timeout"\} (\d+)/;
  await until("their end, and answers meanwhile", async () => {
    const response = await fetch(`${origin}/metrics`, { client });
    return Number(ended.exec(await response.text())?.[1] ?? 0) >= 1_900;
  }, HANGS_MS);
}
