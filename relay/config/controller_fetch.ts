import { done, messageOf, type Outcome, refused } from "@qumo/shared/runtime";
import type { RelayConfig } from "./settings.ts";

/** How to connect to controllers. */
export interface ControllerFetch {
  readonly fetch: typeof fetch;
  /** Closes its connections. */
  close(): void;
}

/**
 * A `fetch` with the CA and the client certificate of `sdn.tls`. Refuses, with a sentence, files
 * that are not valid.
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
