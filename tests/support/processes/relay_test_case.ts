import { messageOf } from "@qumo/shared/runtime";
import type { Browser } from "playwright-core";
import { chromiumTest } from "./chromium.ts";
import { Deadline } from "../deadline.ts";
import { optionalTest } from "../optional_test_case.ts";
import { podOf } from "./pod.ts";
import type { QuicServerAddress } from "../transport/quic_transport.ts";
import { type RelayProcess, startRelay } from "./relay_process.ts";

/** What a test of a running relay works with. */
export interface RelayTest {
  readonly relay: RelayProcess;
  /** Bounds everything that the test awaits. */
  readonly deadline: Deadline;
  /** Connects a client to the relay; it leaves when the test is over. */
  join<Client extends { close(): Promise<void> | void }>(
    connect: (server: QuicServerAddress) => Promise<Client>,
  ): Promise<Client>;
}

/** What is different from the usual. */
export interface RelayTestOptions {
  /** The relay's configuration. */
  readonly config?: { readonly [section: string]: unknown };
  /** How long the test may take, in milliseconds; what a {@linkcode Deadline} is by itself unless it is said. */
  readonly milliseconds?: number;
  /** For the engine that the relay runs on. */
  readonly v8Flags?: readonly string[];
  /** Gives the relay the memory and the engine that our files for Kubernetes give it. */
  readonly inPod?: boolean;
  /** The test ends the relay. */
  readonly endsRelay?: boolean;
  /** Why it cannot run here, if it cannot: then it is skipped with this in its name. */
  readonly missing?: string | undefined;
}

/**
 * Registers a test with a relay of its own, which must be alive and without a fault in its log at
 * the end. When the test fails the log is printed.
 */
export function relayTest(
  name: string,
  test: (context: RelayTest) => Promise<void>,
  options: RelayTestOptions = {},
): void {
  optionalTest(name, options.missing, () => runWithRelay(test, options));
}

/** As {@linkcode relayTest}, with a browser. */
export function relayChromiumTest(
  name: string,
  test: (context: RelayTest, browser: Browser) => Promise<void>,
  options: RelayTestOptions = {},
): void {
  const run = (browser: Browser) => runWithRelay((context) => test(context, browser), options);
  chromiumTest(name, run, options.missing);
}

async function runWithRelay(
  test: (context: RelayTest) => Promise<void>,
  { config, milliseconds, v8Flags = [], inPod, endsRelay }: RelayTestOptions,
): Promise<void> {
  using deadline = new Deadline(milliseconds);
  await using pod = inPod ? await podOf("relay") : undefined;
  const starting = startRelay(config, pod?.launch ?? { v8Flags });
  await using relay = await deadline.for("the relay to start", starting);
  try {
    await using joined = new AsyncDisposableStack();
    await test({
      relay,
      deadline,
      async join(connect) {
        const client = await deadline.for("a client to connect", connect(relay));
        joined.defer(() => Promise.resolve(client.close()).catch(() => {}));
        return client;
      },
    });
    if (!endsRelay) await relay.status();
    await pod?.verdict(relay);
    const fault = relay.log().match(/^.*"level":"(error|fatal)".*$/m);
    if (fault !== null) throw new Error(`The relay logged a fault: ${fault[0]}`);
  } catch (error) {
    throw new Error(`${messageOf(error)}\nThe relay's log:\n${relay.log()}`, { cause: error });
  }
}
