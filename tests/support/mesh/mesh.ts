import { type LinkControl, LoopbackSite, type Site } from "./site.ts";
import { MeshProgram, type ProgramConfig } from "./program.ts";
import { MeshRelay } from "./relay.ts";
import { TcpLink } from "./tcp_link.ts";
import { neighborsOf, type Topology } from "./topology.ts";
import { until } from "../until.ts";

/** What a mesh is made of. */
export interface MeshOptions {
  readonly topology: Topology;
  /** How many controllers there are; each is a peer of all others, over a link that can be cut. */
  readonly controllers?: number;
  /** Which controllers a relay is told of, by number; all of them when nothing is said. */
  readonly controllersOf?: (relay: string) => readonly number[];
  /** Added to every controller's configuration. */
  readonly controllerConfig?: ProgramConfig;
  /** Added to every relay's configuration. */
  readonly relayConfig?: ProgramConfig;
  /** The path that clients connect to, with a token where relays want one. */
  readonly clientPath?: string;
  /** The folder, with a slash, of the version that a program begins with, by its name; empty: this one. */
  readonly rootOf?: (name: string) => string;
  /** What it stands on; the loopback address when nothing is said. */
  readonly site?: (topology: Topology) => Promise<Site>;
}

// Longer than any scenario: that a relay is gone must not become known by its lease.
const NODE_TTL_SEC = 120;

/**
 * Controllers and relays as real processes, with links between the relays that can be cut and slowed
 * down. Everything ends with it.
 */
export class Mesh implements AsyncDisposable {
  readonly topology: Topology;
  readonly controllers: readonly MeshProgram[];
  readonly #relays: ReadonlyMap<string, MeshRelay>;
  readonly #options: MeshOptions;
  readonly #site: Site;
  readonly #peerLinks: TcpLink[] = [];
  readonly #folder: string;

  private constructor(options: MeshOptions, site: Site, folder: string) {
    this.topology = options.topology;
    this.#options = options;
    this.#site = site;
    this.#folder = folder;
    this.controllers = Array.from(
      { length: options.controllers ?? 1 },
      (_, at) =>
        new MeshProgram("sdn/main.ts", { name: `sdn${at}`, folder, place: site.controller() }),
    );
    const relays = options.topology.relays.map((name) =>
      new MeshRelay("relay/main.ts", { name, folder, place: site.relay(name) })
    );
    for (const relay of relays) relay.clientPath = options.clientPath;
    this.#relays = new Map(relays.map((relay) => [relay.name, relay]));
    for (const one of [...this.controllers, ...relays]) {
      one.root = options.rootOf?.(one.name) ?? "";
    }
  }

  /** Starts everything and waits until every relay knows every other and all links are up. */
  static async start(options: MeshOptions): Promise<Mesh> {
    const { topology, site } = options;
    const laid = await site?.(topology) ?? new LoopbackSite(topology);
    const mesh = new Mesh(options, laid, await Deno.makeTempDir({ prefix: "mesh_" }));
    try {
      await Promise.all(mesh.controllers.map((one, at) => one.start(mesh.#controllerConfig(at))));
      await Promise.all(mesh.relays.map((relay) => relay.start(mesh.configOf(relay.name))));
      await mesh.settled();
      return mesh;
    } catch (error) {
      const log = mesh.log();
      await mesh[Symbol.asyncDispose]();
      throw new Error(`The mesh did not come up: ${error}\n${log}`, { cause: error });
    }
  }

  get relays(): readonly MeshRelay[] {
    return [...this.#relays.values()];
  }

  relay(name: string): MeshRelay {
    const relay = this.#relays.get(name);
    if (relay === undefined) throw new Error(`There is no relay ${name}`);
    return relay;
  }

  /** Both directions of the link between two relays. */
  link(a: string, b: string): LinkControl {
    return this.#site.link(a, b);
  }

  /** Everything between the controllers. */
  get peerLinks(): Pick<TcpLink, "cut" | "restore"> {
    return {
      cut: () => this.#peerLinks.forEach((link) => link.cut()),
      restore: () => this.#peerLinks.forEach((link) => link.restore()),
    };
  }

  /** The configuration of a relay; `neighbors` are other costs than the topology's. */
  configOf(name: string, neighbors = neighborsOf(this.topology, name)): ProgramConfig {
    const site = this.#site;
    const { controllersOf, relayConfig } = this.#options;
    const numbers = controllersOf?.(name) ?? this.controllers.keys().toArray();
    const urls = numbers.map((at) => site.controllerUrl(this.controllers[at]!.port, name));
    const { hostname, port, listen } = this.relay(name);
    const addresses = Object.keys(neighbors).flatMap((neighbor) => {
      const called = site.neighborUrl(name, neighbor);
      return called === undefined ? [] : [[neighbor, called] as const];
    });
    const ours: ProgramConfig = {
      server: { address: listen },
      auth: { mode: "open" },
      relay: { node_id: name },
      sdn: { urls, relay_name: name, address: `moqt://${hostname}:${port}`, neighbors },
      ...(addresses.length > 0 && { mesh: { addresses: Object.fromEntries(addresses) } }),
      drain_timeout_ms: 3000,
      log: { level: "debug" },
    };
    return merged(ours, relayConfig ?? {});
  }

  /** Waits until every relay that runs knows all others that run and has its links to them up. */
  async settled(): Promise<void> {
    const running = this.relays.filter(({ isRunning }) => isRunning);
    const names = new Set(running.map(({ name }) => name));
    for (const relay of running) {
      const neighbors = Object.keys(neighborsOf(this.topology, relay.name));
      const wanted = neighbors.filter((name) => names.has(name));
      await until(`${relay.name} to have its links up: ${wanted.join(", ")}`, async () => {
        const links = (await relay.mesh())?.links ?? [];
        const up = new Set(
          links.filter(({ state }) => state === "up").map(({ neighbor }) => neighbor),
        );
        return wanted.every((name) => up.has(name));
      });
    }
    for (const [at, controller] of this.controllers.entries()) {
      await until(`${controller.name} to know every way`, () => this.#knowsWays(at));
    }
  }

  /** Waits until the path of a track to a relay is this one: none where it does not come from another. */
  async routed(relay: string, track: string, path: readonly string[]): Promise<void> {
    const wanted = path.join(" ");
    let found = "";
    await until(`${track} to come to ${relay} by ${wanted}`, async () => {
      const status = await this.relay(relay).mesh();
      const route = status?.routes.find((one) => one.track === track);
      found = status === undefined ? "what it does not say" : route?.path.join(" ") ?? "";
      return found === wanted;
    }).catch((error) => {
      throw new Error(`${track} comes to ${relay} by "${found}"`, { cause: error });
    });
  }

  /** What every process wrote. */
  log(): string {
    const all = [...this.controllers, ...this.relays];
    return all.map(({ name, log }) => `--- ${name}\n${log}`).join("\n");
  }

  /** What every relay says of the mesh now, and every controller. */
  async state(): Promise<string> {
    const relays = this.relays.map(async (relay) => `${relay.name} ${json(await relay.mesh())}`);
    const controllers = this.controllers.map(async (controller) => {
      const graph = await controller.ask("GET", "/graph").catch(String);
      const announces = await controller.ask("GET", "/announce").catch(String);
      return `${controller.name} ${json(graph)}\n${controller.name} ${json(announces)}`;
    });
    return (await Promise.all([...controllers, ...relays])).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.relays.map((relay) => relay.end("SIGKILL")));
    await Promise.all(this.controllers.map((controller) => controller.end("SIGKILL")));
    await Promise.all(this.#peerLinks.map((link) => link[Symbol.asyncDispose]()));
    await this.#site[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #knowsWays(controller: number): Promise<boolean> {
    const names = this.relays.filter(({ isRunning }) => isRunning).map(({ name }) => name);
    const { body } = await this.controllers[controller]!.ask("GET", `/routes/${names[0]}`);
    return names.slice(1).every((name) => body.routes?.[name] !== undefined);
  }

  #controllerConfig(at: number) {
    const peers = this.controllers.filter((_, other) => other !== at).map(({ port }) => {
      const link = new TcpLink(port);
      this.#peerLinks.push(link);
      return link.url;
    });
    const ours = {
      server: { address: this.controllers[at]!.listen, requests_per_second: 0 },
      auth: { mode: "open" },
      controller: { name: this.controllers[at]!.name },
      graph: { node_ttl_sec: NODE_TTL_SEC, peers, sync_interval_sec: 1 },
    };
    return merged(ours, this.#options.controllerConfig ?? {});
  }
}

function json(value: unknown): string {
  return JSON.stringify(value);
}

/** Sections of both, key by key; the second one's count. */
export function merged(ours: ProgramConfig, more: ProgramConfig): ProgramConfig {
  const sections = Object.entries(more).map(([section, keys]) => {
    const before = ours[section];
    const isSection = typeof before === "object" && typeof keys === "object";
    return [section, isSection ? { ...before, ...keys } : keys] as const;
  });
  return { ...ours, ...Object.fromEntries(sections) };
}
