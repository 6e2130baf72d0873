import { Random } from "../random.ts";

// Below the range that systems take their own free ports from, so that a port which is given to a
// program before it listens is not handed to somebody else in between.
const FIRST = 10_000;
const COUNT = 20_000;

/** How many ports a file of tests has for itself, the first of them as the sign that they are taken. */
const BLOCK = 250;

// The one port of the range that fetch and browsers refuse to talk to (whatwg fetch, "bad port").
const BLOCKED = 10_080;

const random = new Random(crypto.getRandomValues(new Uint32Array(1))[0]!);

// Files of tests run beside each other, and a program that is ended and started again wants its port back.
const claim = claimBlock();
const first = (claim.addr as Deno.NetAddr).port;
let next = first;

/** A port of the loopback address that is free for UDP and for TCP, and not given out lately. */
export function freePort(): number {
  return freePorts(1)[0]!;
}

/** So many ports one after the other, as {@linkcode freePort} gives one. */
export function freePorts(count: number): number[] {
  for (let tries = 0; tries < BLOCK; tries++) {
    if (next + count >= first + BLOCK) next = first;
    const ports = Array.from({ length: count }, (_, place) => next + 1 + place);
    next += count;
    if (ports.every((port) => port !== BLOCKED && isFree(port))) return ports;
  }
  throw new Error(`No ${count} ports are free from ${first} on`);
}

/** Listens on the first port of a block that nobody has, until this process or this worker ends. */
function claimBlock(): Deno.Listener {
  const blocks = COUNT / BLOCK;
  const begin = random.below(blocks);
  for (let tries = 0; tries < blocks; tries++) {
    const port = FIRST + (begin + tries) % blocks * BLOCK;
    const claimed = listen(port);
    if (claimed !== undefined) return claimed;
  }
  throw new Error(`All ports from ${FIRST} on are taken, ${BLOCK} at a time`);
}

function isFree(port: number): boolean {
  using tcp = listen(port);
  if (tcp === undefined) return false;
  try {
    Deno.listenDatagram({ hostname: "127.0.0.1", port, transport: "udp" }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}

function listen(port: number): Deno.Listener | undefined {
  try {
    return Deno.listen({ hostname: "127.0.0.1", port });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return undefined;
    throw error;
  }
}
