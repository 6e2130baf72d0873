import { type ProgramProcess, runModule, startProgram } from "../processes/program_process.ts";
import { until } from "../until.ts";
import type { RelayAddress } from "./client.ts";
import { MeshController } from "./controller.ts";
import { merged } from "./mesh.ts";
import { freePort, freePorts } from "./ports.ts";
import type { RelayConfig } from "./relay.ts";

const LOOPBACK = "127.0.0.1";
const NAME = "tokyo";

/** The relays of one machine, started by one command, and their controller. */
export class HostGroup implements AsyncDisposable {
  readonly controller: MeshController;
  readonly group: ProgramProcess;
  readonly #folder: string;
  readonly #ports: readonly number[];

  private constructor(parts: {
    controller: MeshController;
    group: ProgramProcess;
    folder: string;
    ports: readonly number[];
  }) {
    this.controller = parts.controller;
    this.group = parts.group;
    this.#folder = parts.folder;
    this.#ports = parts.ports;
  }

  /** Starts both, and waits until all members are linked; `more` is added to their configuration. */
  static async start(members: number, more: RelayConfig = {}): Promise<HostGroup> {
    const folder = await Deno.makeTempDir({ prefix: "group_" });
    const port = freePort();
    const place = { listen: `${LOOPBACK}:${port}`, hostname: LOOPBACK, port, prefix: [] };
    const controller = new MeshController({ name: "sdn", folder, place });
    await controller.start({ server: { address: place.listen }, auth: { mode: "open" } });
    const ports = freePorts(members);
    const file = `${folder}/relay.yaml`;
    const config: RelayConfig = {
      host: { members },
      server: { address: `${LOOPBACK}:${ports[0]}` },
      relay: { node_id: NAME },
      sdn: { urls: [controller.url] },
      drain_timeout_ms: 2000,
    };
    await Deno.writeTextFile(file, JSON.stringify(merged(config, more)));
    const group = await startProgram(runModule("relay/main.ts", ["--config", file]));
    const started = new HostGroup({ controller, group, folder, ports });
    await started.linked();
    return started;
  }

  /** A member, numbered from 1, as clients find it once it answers. */
  async member(number: number): Promise<RelayAddress> {
    const port = this.#ports[number - 1]!;
    let hash = "";
    await until(`member ${number} to answer`, async () => {
      const answer = await fetch(`http://${LOOPBACK}:${port}/certificate.sha256`).catch(() => {});
      hash = await answer?.text() ?? "";
      return answer?.ok === true;
    });
    return { name: `${NAME}-${number}`, port, certificateHash: Uint8Array.fromHex(hash) };
  }

  /** The process ids of a member, of its first start and of each one since. */
  pids(number: number): number[] {
    const pattern = new RegExp(`"member":"${NAME}-${number}","pid":(\\d+)`, "g");
    return [...this.group.log().matchAll(pattern)].map(([, pid]) => Number(pid));
  }

  /** Resolves when the controller has every link between members as up. */
  async linked(): Promise<void> {
    const count = this.#ports.length * (this.#ports.length - 1);
    await until("all members to be linked", async () => {
      const { body } = await this.controller.ask("GET", "/graph");
      const up = body.links.filter(({ state }: { state: string }) => state === "up");
      return up.length === count;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.group[Symbol.asyncDispose]();
    await this.controller[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}
