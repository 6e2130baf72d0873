import assert from "node:assert/strict";
import { systemClock, type Timer } from "@qumo/shared/runtime";
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

/** A controller in this process, and what relays tell it. */
export type PageWorld = Awaited<ReturnType<typeof startPageWorld>>;

/**
 * Starts a controller in this process with its page on a port of the loopback address. Its time moves
 * only when it is told to, so that no state passes before it was looked at.
 */
export async function startPageWorld() {
  // Today, as in the browser, which reads ages from it.
  const clock = new PageClock(Date.now());
  const { controller, handle, ask, ending } = await testController({ clock });
  const address = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const server = Deno.serve(address, async (request) => {
    const response = await handle(request, address.hostname);
    // The page reads the controller's time from it.
    response.headers.set("date", new Date(clock.wall()).toUTCString());
    return response;
  });
  /** What each relay said last. */
  const beats = new Map<string, Beat>();
  const world = {
    url: `http://127.0.0.1:${server.addr.port}`,

    /** Registers relays, or lets them say something new: what they said before stays. */
    async beat(news: Readonly<Record<string, Beat>>): Promise<void> {
      for (const [relay, beat] of Object.entries(news)) {
        const body = { ...beats.get(relay), ...beat };
        beats.set(relay, body);
        await world.ask("PUT", `/relay/${relay}`, body);
      }
    },

    /** Tells the controller something that it must agree to. */
    async ask(method: string, path: string, body?: unknown): Promise<void> {
      const { status, body: answer } = await ask(method, path, body);
      assert.equal(status, 200, `${method} ${path}: ${JSON.stringify(answer)}`);
    },

    /** Lets time pass, in which these relays go on beating. */
    async pass(milliseconds: number, alive: readonly string[]): Promise<void> {
      const step = 15_000;
      for (let left = milliseconds; left > 0; left -= step) {
        await clock.advance(Math.min(step, left));
        for (const relay of alive) await world.beat({ [relay]: {} });
      }
    },

    async [Symbol.asyncDispose](): Promise<void> {
      ending.abort();
      await server.shutdown();
      await controller.close();
    },
  };
  return world;
}
