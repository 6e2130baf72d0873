/**
 * Opens connections that begin a request and do not go on, from one address; returns what ends them.
 * Those that are too many for one address are closed by the other side.
 */
export async function halfHeads(origin: string, count: number): Promise<Disposable> {
  const { hostname, port } = new URL(origin);
  const half = new TextEncoder().encode("GET /health HTTP/1.1\r\nHost: localhost\r\n");
  const connections: Deno.Conn[] = [];
  for (let number = 0; number < count; number++) {
    const connection = await Deno.connect({ hostname, port: Number(port) });
    connections.push(connection);
    await connection.write(half).catch(() => {});
  }
  return {
    [Symbol.dispose]() {
      for (const connection of connections) connection.close();
    },
  };
}

/** Asks from another address than those. */
export async function askBeside(url: string): Promise<string> {
  using client = Deno.createHttpClient({ localAddress: "127.0.0.2" });
  const response = await fetch(url, { client });
  return await response.text();
}
