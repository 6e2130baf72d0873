import { messageOf } from "@qumo/shared/runtime";
import { type CommandLine, runToEnd } from "../processes/program_process.ts";
import { Random } from "../random.ts";
import type { LinkControl, Place, Site } from "./site.ts";
import { freePort } from "./ports.ts";
import type { Topology } from "./topology.ts";
import type { LinkConditions } from "./udp_link.ts";

const RELAY_PORT = 4433;

/**
 * A network namespace for each relay, and a pair of interfaces for each link, where the kernel itself
 * delays, loses and cuts. Each namespace has one more pair, to the test and the controller.
 */
export class NamespaceSite implements Site {
  readonly #topology: Topology;
  // Names and addresses of one run must not be those of another.
  readonly #tag = new Random(crypto.getRandomValues(new Uint32Array(1))[0]!).below(10_000);
  readonly #made: string[] = [];

  private constructor(topology: Topology) {
    this.#topology = topology;
  }

  /** Makes it all, or removes what it made and rejects. */
  static async lay(topology: Topology): Promise<NamespaceSite> {
    const site = new NamespaceSite(topology);
    try {
      await site.#lay();
      return site;
    } catch (error) {
      await site[Symbol.asyncDispose]();
      throw error;
    }
  }

  controller(): Place {
    const port = freePort();
    return { listen: `0.0.0.0:${port}`, hostname: "127.0.0.1", port, prefix: [] };
  }

  controllerUrl(port: number, relay: string): string {
    return `http://${this.#address(this.#relayNet(relay), 1)}:${port}`;
  }

  relay(name: string): Place {
    return {
      listen: `0.0.0.0:${RELAY_PORT}`,
      hostname: this.#address(this.#relayNet(name), 2),
      port: RELAY_PORT,
      prefix: ["ip", "netns", "exec", this.#namespace(name)],
    };
  }

  neighborUrl(relay: string, neighbor: string): string {
    const { net, first } = this.#linkNet(relay, neighbor);
    return `moqt://${this.#address(net, neighbor === first ? 1 : 2)}:${RELAY_PORT}`;
  }

  link(a: string, b: string): LinkControl {
    const { net } = this.#linkNet(a, b);
    const both = async (act: (namespace: string, device: string) => Promise<unknown>) => {
      for (const name of [a, b]) await act(this.#namespace(name), `l${net}`);
    };
    return {
      cut: () => both((namespace, device) => ip("-n", namespace, "link", "set", device, "down")),
      restore: () => both((namespace, device) => ip("-n", namespace, "link", "set", device, "up")),
      set: (conditions) => both((namespace, device) => shape(namespace, device, conditions)),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The interfaces go with the namespaces that they are in.
    for (const namespace of this.#made.splice(0)) await ip("netns", "del", namespace);
  }

  async #lay(): Promise<void> {
    for (const relay of this.#topology.relays) {
      const namespace = this.#namespace(relay);
      await ip("netns", "add", namespace);
      this.#made.push(namespace);
      await ip("-n", namespace, "link", "set", "lo", "up");
      const net = this.#relayNet(relay);
      const here = `qm${this.#tag}.${net}`;
      await ip("link", "add", here, "type", "veth", "peer", "name", "test", "netns", namespace);
      await ip("addr", "add", `${this.#address(net, 1)}/30`, "dev", here);
      await ip("link", "set", here, "up");
      await this.#up(namespace, "test", this.#address(net, 2));
    }
    for (const { a, b } of this.#topology.links) {
      const { net, first } = this.#linkNet(a, b);
      const [near, far] = [this.#namespace(a), this.#namespace(b)];
      const device = `l${net}`;
      const peer = ["peer", "name", device, "netns", far];
      await ip("-n", near, "link", "add", device, "type", "veth", ...peer);
      await this.#up(near, device, this.#address(net, a === first ? 1 : 2));
      await this.#up(far, device, this.#address(net, b === first ? 1 : 2));
    }
  }

  async #up(namespace: string, device: string, address: string): Promise<void> {
    await ip("-n", namespace, "addr", "add", `${address}/30`, "dev", device);
    await ip("-n", namespace, "link", "set", device, "up");
  }

  #namespace(relay: string): string {
    return `qumo${this.#tag}-${relay}`;
  }

  #relayNet(relay: string): number {
    return this.#topology.relays.indexOf(relay);
  }

  #linkNet(a: string, b: string) {
    const { relays, links } = this.#topology;
    const at = links.findIndex((link) =>
      (link.a === a && link.b === b) || (link.a === b && link.b === a)
    );
    if (at === -1) throw new Error(`There is no link from ${a} to ${b}`);
    return { net: relays.length + at, first: links[at]!.a };
  }

  /** Four addresses for each network, below one of a hundred nets of 10.0.0.0/8. */
  #address(net: number, host: number): string {
    return `10.${100 + this.#tag % 100}.${Math.floor(this.#tag / 100)}.${4 * net + host}`;
  }
}

/** Why namespaces cannot be made here; undefined when they can. */
export function namespacesRefused(): Promise<string | undefined> {
  return refusal(async (namespace) => void await ip("-n", namespace, "link", "set", "lo", "up"));
}

/** Why links cannot be delayed by the kernel here; undefined when they can. */
export function netemRefused(): Promise<string | undefined> {
  return refusal((namespace) => shape(namespace, "lo", { delayMs: 1 }));
}

async function refusal(attempt: (namespace: string) => Promise<void>): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "only Linux has network namespaces";
  const namespace = `qumo-try-${Deno.pid}`;
  try {
    await ip("netns", "add", namespace);
    await attempt(namespace).finally(() => ip("netns", "del", namespace));
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** What leaves by this interface from now on takes longer and gets lost. */
async function shape(namespace: string, device: string, conditions: Partial<LinkConditions>) {
  const { delayMs = 0, lossPercent = 0 } = conditions;
  const rule = ["netem", "delay", `${delayMs}ms`, "loss", `${lossPercent}%`];
  await run("tc", "-n", namespace, "qdisc", "replace", "dev", device, "root", ...rule);
}

function ip(...args: readonly string[]): Promise<void> {
  return run("ip", ...args);
}

async function run(...command: CommandLine): Promise<void> {
  const { code, stderr } = await runToEnd(command);
  if (code !== 0) throw new Error(`${command.join(" ")}: ${stderr.trim()}`);
}
