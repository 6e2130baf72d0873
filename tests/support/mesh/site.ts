import type { Pod } from "../processes/pod.ts";
import { freePort } from "./ports.ts";
import type { Topology } from "./topology.ts";
import { type LinkConditions, UdpLink } from "./udp_link.ts";

/** Both directions of a link between two relays. */
export interface LinkControl {
  /** From now on nothing arrives. */
  cut(): Promise<void>;
  /** From now on everything arrives again. */
  restore(): Promise<void>;
  /** What is true of packets that come from now on. */
  set(conditions: Partial<LinkConditions>): Promise<void>;
}

/** Where one program of a mesh runs. */
export interface Place {
  /** What it is told to listen on. */
  readonly listen: string;
  /** Where the test finds it. */
  readonly hostname: string;
  readonly port: number;
  /** What stands before its command. */
  readonly prefix: readonly string[];
}

/** What a mesh stands on: the addresses of its programs, and the links between its relays. */
export interface Site extends AsyncDisposable {
  controller(): Place;
  /** The port of a controller as this relay calls it. */
  controllerUrl(port: number, relay: string): string;
  relay(name: string): Place;
  /** The URL by which a relay calls its neighbor; undefined: the one that the neighbor registered. */
  neighborUrl(relay: string, neighbor: string): string | undefined;
  link(a: string, b: string): LinkControl;
}

export const LOOPBACK = "127.0.0.1";

/** The loopback address, where each direction of each link is a forwarder of ours. */
export class LoopbackSite implements Site {
  readonly #places: ReadonlyMap<string, Place>;
  // By the name of the relay that calls and of the one that is called.
  readonly #links = new Map<string, UdpLink>();
  readonly #pods: readonly Pod[];

  /** `pods` hold the relays to their memory, one each; absent: nothing does. */
  constructor({ relays, links }: Topology, pods: readonly Pod[] = []) {
    this.#pods = pods;
    this.#places = new Map(
      relays.map((name, at) => [name, loopbackPlace(pods[at]?.launch.prefix)]),
    );
    for (const { a, b } of links) {
      this.#links.set(`${a} ${b}`, new UdpLink(this.relay(b).port));
      this.#links.set(`${b} ${a}`, new UdpLink(this.relay(a).port));
    }
  }

  controller(): Place {
    return loopbackPlace();
  }

  controllerUrl(port: number): string {
    return `http://${LOOPBACK}:${port}`;
  }

  relay(name: string): Place {
    return this.#places.get(name)!;
  }

  neighborUrl(relay: string, neighbor: string): string | undefined {
    return `moqt://${LOOPBACK}:${this.#link(relay, neighbor).port}`;
  }

  link(a: string, b: string): LinkControl {
    const both = [this.#link(a, b), this.#link(b, a)];
    const each = (act: (link: UdpLink) => void) => Promise.resolve(both.forEach(act));
    return {
      cut: () => each((link) => link.cut()),
      restore: () => each((link) => link.restore()),
      set: (conditions) => each((link) => link.set(conditions)),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ends = [...this.#links.values(), ...this.#pods];
    await Promise.all(ends.map((one) => one[Symbol.asyncDispose]()));
  }

  #link(from: string, to: string): UdpLink {
    const link = this.#links.get(`${from} ${to}`);
    if (link === undefined) {
      throw new Error(`Nothing that could be cut stands between ${from} and ${to}`);
    }
    return link;
  }
}

/** The loopback address, where relays call each other at the addresses they registered. */
export class DirectSite extends LoopbackSite {
  constructor({ relays }: Topology) {
    super({ relays, links: [] });
  }

  override neighborUrl(): undefined {
    return undefined;
  }
}

/** A place on the loopback address, at a port that is free. */
function loopbackPlace(prefix: readonly string[] = []): Place {
  const port = freePort();
  return { listen: `${LOOPBACK}:${port}`, hostname: LOOPBACK, port, prefix };
}
