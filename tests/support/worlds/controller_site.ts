import assert from "node:assert/strict";
import type { ControllerOptions } from "../../../sdn/control/controller_options.ts";
import { MemoryStore } from "../../../sdn/store/mod.ts";
import type { ManualClock } from "./manual_clock.ts";
import { testController } from "./sdn_controller.ts";

type Controller = Awaited<ReturnType<typeof testController>>;

/** A place where a controller runs, ends and begins anew, with a network before it that can be cut. */
export class ControllerSite {
  readonly url: string;
  readonly #clock: ManualClock;
  readonly #options: Partial<ControllerOptions>;
  #cut = new AbortController();
  #running: Controller | undefined;
  #starts = 0;
  /** What carries streams and requests now, and whether it still does. */
  #line = { isDead: false };
  #going: Promise<void> | undefined;
  /** Characters of each stream of events from now on, after which it breaks. */
  breakAfter = Infinity;

  constructor(url: string, clock: ManualClock, options: Partial<ControllerOptions>) {
    this.url = url;
    this.#clock = clock;
    this.#options = options;
  }

  /** Starts a controller that knows nothing. */
  async start(): Promise<Controller> {
    this.#cut = new AbortController();
    const store = new MemoryStore(++this.#starts * 1_000_000);
    const controller = { ...this.#options, name: `${this.url}#${this.#starts}` };
    return this.#running = await testController({ clock: this.#clock, store, controller });
  }

  /** Ends it: nothing is answered, and streams break. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    this.cut();
    await running?.assembly.close();
  }

  /** Breaks what is under way. */
  cut(): void {
    this.#cut.abort(new TypeError("connection reset"));
    this.#cut = new AbortController();
  }

  /** From now on what is sent is lost, in both directions, and nobody is told. */
  lose(): void {
    this.#line.isDead = true;
  }

  /** What begins from now on is taken and never answered; what was under way goes on. */
  mute(): void {
    this.#line = { isDead: true };
  }

  /** What begins from now on arrives; what was under way never goes on, as when TCP waits for long. */
  find(): void {
    this.#line = { isDead: false };
  }

  /** From now on it takes everything in and says nothing, until the returned function is called. */
  standStill(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#going = promise;
    return () => {
      this.#going = undefined;
      resolve();
    };
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** The controller that runs. */
  get controller(): Controller {
    assert.ok(this.#running, `${this.url} is not running`);
    return this.#running;
  }

  /** Answers a request. What is said arrives when `later` does what it is given, one after the other. */
  async answer(
    request: Request,
    given: AbortSignal,
    later: (act: () => void) => void = (act) => act(),
  ): Promise<Response> {
    const line = this.#line;
    const signal = eitherOf(given, this.#cut.signal);
    if (line.isDead) {
      await new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      );
    }
    await this.#going;
    if (this.#running === undefined) throw new TypeError("connection refused");
    const response = await this.#running.handle(request, "127.0.0.1");
    if (response.body === null) return response;
    return new Response(response.body.pipeThrough(this.#wire(line, later), { signal }), response);
  }

  /** What carries one answer. */
  #wire(
    line: { readonly isDead: boolean },
    later: (act: () => void) => void,
  ): TransformStream<Uint8Array, Uint8Array> {
    let left = this.breakAfter;
    return new TransformStream({
      transform: async (piece, controller) => {
        if (this.#going !== undefined) await this.#going;
        if (line.isDead) return;
        const whole = piece.subarray(0, Math.min(left, piece.length));
        left -= piece.length;
        const isBroken = left < 0;
        later(() => {
          // It may have been cut meanwhile.
          if (controller.desiredSize === null) return;
          controller.enqueue(whole);
          if (isBroken) controller.error(new TypeError("connection reset"));
        });
      },
      flush: () => new Promise((resolve) => later(resolve)),
    });
  }
}

/**
 * A signal that is aborted with the first of these. Deno lets go of one made by AbortSignal.any() while
 * nothing but a pipe waits for it, so that the pipe would never end; event listeners keep it.
 */
export function eitherOf(...signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason);
    else signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
  }
  return controller.signal;
}
