import { done, messageOf, type Outcome, refused } from "@qumo/shared/runtime";
import type { RelayConfig } from "./settings.ts";

/** How controllers are reached. */
export interface ControllerFetch {
  readonly fetch: typeof fetch;
  /** Lets go of its connections. */
  close(): void;
}

/**
 * How to reach controllers with what `sdn.tls` says: the CA that they are verified by and the
 * certificate that the relay shows. Refuses, with a sentence, files that cannot be used.
 */
export async function controllerFetch(
  { caFile, certFile, keyFile }: RelayConfig["sdn"]["tls"],
  readText: (path: string) => Promise<string>,
): Promise<Outcome<ControllerFetch, string>> {
  if (caFile === "" && certFile === "") return done({ fetch, close: () => {} });
  try {
    const client = Deno.createHttpClient({
      ...(caFile !== "" && { caCerts: [await readText(caFile)] }),
      ...(certFile !== "" && { cert: await readText(certFile), key: await readText(keyFile) }),
    });
    return done({
      fetch: (input, init) => fetch(input, { ...init, client }),
      close: () => client.close(),
    });
  } catch (error) {
    return refused(`cannot use its files: ${messageOf(error)}`);
  }
}
