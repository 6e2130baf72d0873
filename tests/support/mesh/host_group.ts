import { type ProgramProcess, runModule, startProgram } from "../processes/program_process.ts";
import { until } from "../until.ts";
import type { RelayAddress } from "./client.ts";
import { merged } from "./mesh.ts";
import { freePorts } from "./ports.ts";
import { MeshProgram, type ProgramConfig } from "./program.ts";
import { LOOPBACK, loopbackPlace } from "./site.ts";

const NAME = "tokyo";

/** The relays of one machine, started by one command, and their controller. */
export class HostGroup implements AsyncDisposable {
  readonly controller: MeshProgram;
  readonly group: ProgramProcess;
  readonly #ports: readonly number[];
  readonly #ends: AsyncDisposableStack;

  private constructor(
    { controller, group }: Pick<HostGroup, "controller" | "group">,
    ports: readonly number[],
    ends: AsyncDisposableStack,
  ) {
    this.controller = controller;
    this.group = group;
    this.#ports = ports;
    this.#ends = ends;
  }

  /** Starts both, and waits until all members are linked; `more` is added to their configuration. */
  static async start(members: number, more: ProgramConfig = {}): Promise<HostGroup> {
    await using ends = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir({ prefix: "group_" });
    ends.defer(() => Deno.remove(folder, { recursive: true }));
    const place = loopbackPlace();
    const controller = ends.use(new MeshProgram("sdn/main.ts", { name: "sdn", folder, place }));
    await controller.start({ server: { address: place.listen }, auth: { mode: "open" } });
    const ports = freePorts(members);
    const file = `${folder}/relay.yaml`;
    const config = {
      host: { members },
      server: { address: `${LOOPBACK}:${ports[0]}` },
      relay: { node_id: NAME },
      sdn: { urls: [controller.url] },
      drain_timeout_ms: 2000,
    };
    await Deno.writeTextFile(file, JSON.stringify(merged(config, more)));
    const group = ends.use(await startProgram(runModule("relay/main.ts", ["--config", file])));
    const started = new HostGroup({ controller, group }, ports, ends.move());
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

  [Symbol.asyncDispose](): Promise<void> {
    return this.#ends.disposeAsync();
  }
}
