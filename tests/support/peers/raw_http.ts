/** One request over a connection of its own, byte for byte as given; the answer, or nothing. */
export async function rawHttp(origin: string, head: string, body = ""): Promise<string> {
  const { hostname, port } = new URL(origin);
  using conn = await Deno.connect({ hostname, port: Number(port) });
  const bytes = new TextEncoder().encode(`${head}\r\nConnection: close\r\n\r\n${body}`);
  try {
    for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
    return await new Response(conn.readable).text();
  } catch {
    // It was reset: whoever reads bytes that are no HTTP need not say so.
    return "";
  }
}

/** The status of an answer, 0 where there is none. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 0);
}
