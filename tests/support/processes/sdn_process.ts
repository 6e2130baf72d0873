import { type Launch, ProgramProcess, runModule, writeConfig } from "./program_process.ts";

/** What a controller logs while it cannot read its store. */
const WAITS = /cannot read the store, not ready/;

/** What is different from the usual. */
export interface SdnLaunch extends Launch {
  /** Its port on the loopback address; one that was free unless it is said. */
  readonly port?: number;
  /** What it is told things with. */
  readonly token?: string;
}

/** A controller that runs as its own process on a port of the loopback address. */
export class SdnProcess extends ProgramProcess {
  #token = "";

  /**
   * Starts a controller with this configuration and waits until it is ready; rejects when it ends
   * before.
   */
  static async start(config: object = {}, launch: SdnLaunch = {}): Promise<SdnProcess> {
    const controller = await begin(config, launch);
    controller.#token = launch.token ?? "";
    return await controller.ready();
  }

  /** Runs a controller that cannot read its store until it says why, and returns what it says. */
  static async waiting(config: object): Promise<string> {
    await using controller = await begin(config);
    await controller.says(WAITS);
    const code = await controller.end();
    if (code !== 0) throw new Error(`The controller ended with ${code}: ${controller.log()}`);
    return controller.log();
  }

  /** Tells it something that it must agree to. */
  async tell(method: string, path: string, body?: unknown): Promise<void> {
    await this.get(path, {
      method,
      headers: this.#token === "" ? {} : { authorization: `Bearer ${this.#token}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  /** Registers a relay, or lets it beat. */
  register(name: string, body: unknown): Promise<void> {
    return this.tell("PUT", `/relay/${encodeURIComponent(name)}`, body);
  }
}

async function begin(config: object, { port = 0, env = {}, ...how }: SdnLaunch = {}) {
  const { folder, file } = await writeConfig(config);
  const args = ["--address", `127.0.0.1:${port}`, "-c", file];
  return new SdnProcess(runModule("sdn/main.ts", args, how), { env, folder });
}
