import { Random } from "../random.ts";

// Below the range that systems take their own free ports from, so that a port which is given to a
// program before it listens is not handed to somebody else in between.
const FIRST = 10_000;
const COUNT = 20_000;

// The one port of the range that fetch and browsers refuse to talk to (whatwg fetch, "bad port").
const BLOCKED = 10_080;

const random = new Random(crypto.getRandomValues(new Uint32Array(1))[0]!);
const taken = new Set<number>([BLOCKED]);

/** A port of the loopback address that is free for UDP and for TCP, and not given out here before. */
export function freePort(): number {
  for (;;) {
    const port = FIRST + random.below(COUNT);
    if (!taken.has(port) && isFree(port)) {
      taken.add(port);
      return port;
    }
  }
}

/** So many ports one after the other, as {@linkcode freePort} gives one. */
export function freePorts(count: number): number[] {
  for (;;) {
    const first = freePort();
    const ports = Array.from({ length: count }, (_, place) => first + place);
    if (!ports.slice(1).every((port) => !taken.has(port) && isFree(port))) continue;
    for (const port of ports) taken.add(port);
    return ports;
  }
}

function isFree(port: number): boolean {
  try {
    using tcp = Deno.listen({ hostname: "127.0.0.1", port });
    const udp = Deno.listenDatagram({ hostname: "127.0.0.1", port, transport: "udp" });
    udp.close();
    return tcp.addr.transport === "tcp";
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}
