/** The least that takes QUIC connections: no module but this one. Certificate, key, hash: its arguments. */
const [cert, key, hash] = Deno.args;
const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
const listener = endpoint.listen({ cert: cert!, key: key!, alpnProtocols: ["moqt-18"] });
// deno-lint-ignore no-console
console.log(`127.0.0.1:${endpoint.addr.port} sha256 ${hash}`);
for await (const incoming of listener) void incoming.accept();
