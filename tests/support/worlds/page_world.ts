import { systemClock, type Timer } from "@qumo/shared/runtime";
import { dashboardFiles } from "../../../sdn/dashboard/mod.ts";
import { pageEndpoints } from "../../../sdn/http/page_endpoints.ts";
import { ManualClock } from "./manual_clock.ts";
import { testController } from "./sdn_controller.ts";

/** What one relay says in a heartbeat. */
export type Beat = Readonly<Record<string, unknown>>;

/** Stands still, but for what is put off until the thread is free: no test moves that on. */
class PageClock extends ManualClock {
  override after(delay: number, fire: () => void): Timer {
    return delay > 0 ? super.after(delay, fire) : systemClock.after(0, fire);
  }
}

/**
 * A controller in this process with its page on a port of the loopback address. Its time moves only
 * when it is told to, so that no state passes before it was looked at.
 */
export class PageWorld {
  readonly url: string;
  readonly #clock: ManualClock;
  readonly #controller: Awaited<ReturnType<typeof testController>>;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** What each relay said last. */
  readonly #beats = new Map<string, Beat>();

  private constructor(
    clock: ManualClock,
    controller: Awaited<ReturnType<typeof testController>>,
  ) {
    this.#clock = clock;
    this.#controller = controller;
    const address = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#server = Deno.serve(address, async (request) => {
      const response = await controller.app.fetch(request, address.hostname);
      // The page reads the controller's time from it.
      response.headers.set("date", new Date(clock.wall()).toUTCString());
      return response;
    });
    this.url = `http://127.0.0.1:${this.#server.addr.port}`;
  }

  static async start(): Promise<PageWorld> {
    // Today, as in the browser, which reads ages from it.
    const clock = new PageClock(Date.now());
    const controller = await testController({
      clock,
      more: pageEndpoints(dashboardFiles, () => 0),
    });
    return new PageWorld(clock, controller);
  }

  /** Registers relays, or lets them say something new: what they said before stays. */
  async beat(beats: Readonly<Record<string, Beat>>): Promise<void> {
    for (const [relay, beat] of Object.entries(beats)) {
      const body = { ...this.#beats.get(relay), ...beat };
      this.#beats.set(relay, body);
      await this.ask("PUT", `/relay/${relay}`, body);
    }
  }

  /** Tells the controller something that it must agree to. */
  async ask(method: string, path: string, body?: unknown): Promise<void> {
    const { status, body: answer } = await this.#controller.ask(method, path, body);
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`);
  }

  /** A relay ends as it should: it is heard of no more. */
  async leave(relay: string): Promise<void> {
    this.#beats.delete(relay);
    await this.ask("DELETE", `/relay/${relay}`);
  }

  /** Lets time pass, in which these relays go on beating. */
  async pass(milliseconds: number, alive: readonly string[]): Promise<void> {
    const step = 15_000;
    for (let left = milliseconds; left > 0; left -= step) {
      await this.#clock.advance(Math.min(step, left));
      for (const relay of alive) await this.beat({ [relay]: {} });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.ending.abort();
    await this.#server.shutdown();
    await this.#controller.controller.close();
  }
}
