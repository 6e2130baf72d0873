import { sleep, systemClock } from "@qumo/shared/runtime";
import { type ComposeFile, type OwnService, ownServices } from "./compose.ts";
import { type ProgramProcess, startProgram } from "../processes/program_process.ts";
import { fromSources } from "./programs.ts";

const POLL_INTERVAL = 100;

/** The controllers and relays of a compose file, as processes with the variables of their containers. */
export class ComposedNetwork implements AsyncDisposable {
  readonly controllers = new Map<string, ProgramProcess>();
  readonly relays = new Map<string, ProgramProcess>();
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Starts them; `here` is what must be another way outside of containers. */
  static async start(
    compose: ComposeFile,
    here: Readonly<Record<string, string>> = {},
  ): Promise<ComposedNetwork> {
    const network = new ComposedNetwork(await Deno.makeTempDir({ prefix: "qumo_network_" }));
    try {
      await network.#start(ownServices(compose), here);
      return network;
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Waits until a controller knows a way between two relays that costs so much; gives that way. */
  async way(controller: string, relays: string, cost: number): Promise<string[]> {
    const [from, to] = relays.split(" ");
    for (;;) {
      const path = `/route?from=${from}&to=${to}`;
      const { body } = await this.controllers.get(controller)!.ask("GET", path);
      if (body.cost === cost) return body.full_path;
      await sleep(systemClock, POLL_INTERVAL);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const processes = [...this.relays.values(), ...this.controllers.values()];
    await Promise.all(processes.map((process) => process.end()));
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #start(services: readonly OwnService[], here: Readonly<Record<string, string>>) {
    const controllers = services.filter(({ program }) => program.name === "qumo-sdn");
    for (const service of controllers) {
      this.controllers.set(
        service.name,
        await launch(service, {
          SDN_ADDR: "127.0.0.1:0",
          DATA_DIR: `${this.#folder}/${service.name}`,
          ...here,
        }),
      );
    }
    const urls = [...this.controllers.values()].map(({ origin }) => origin);
    for (const service of services.filter((one) => !controllers.includes(one))) {
      this.relays.set(
        service.name,
        await launch(service, {
          RELAY_ADDR: "127.0.0.1:0",
          // What others call it by is where it listens.
          RELAY_MOQT_ADDR: "",
          SDN_URL: urls.join(),
        }),
      );
    }
  }
}

function launch({ program, env }: OwnService, here: Readonly<Record<string, string>>) {
  return startProgram(fromSources(program), { env: { ...env, ...here } });
}
