/** The floor of the controller's heartbeats: a bare server that reads the same requests and agrees. */

const ANSWER = JSON.stringify({
  relay: "relay-100",
  status: "registered",
  revision: 1_764_000_000_000,
  lease_expires_at: "2026-01-01T00:01:30.000Z",
  next_heartbeat_ms: 30_000,
});

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen({ port }) {
    Deno.stdout.writeSync(new TextEncoder().encode(`http://127.0.0.1:${port}\n`));
  },
}, async (request) => {
  await request.bytes();
  return new Response(ANSWER, { headers: { "content-type": "application/json" } });
});
