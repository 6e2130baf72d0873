import { done, messageOf, type Outcome, refused } from "@qumo/shared/runtime";

/** How to connect to servers by HTTP. */
export interface TlsFetch {
  readonly fetch: typeof fetch;
  /** Closes its connections. */
  close(): void;
}

/** Paths of PEM files; an empty one: as the machine has it. */
export interface TlsFiles {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

/**
 * A `fetch` with a CA and a client certificate of one's own. Refuses, with a sentence, files that are
 * not valid. With `isHttp1` every request that waits has a connection of its own.
 */
export async function tlsFetch(
  { caFile = "", certFile = "", keyFile = "" }: TlsFiles,
  readText: (path: string) => Promise<string>,
  { isHttp1 = false }: { readonly isHttp1?: boolean } = {},
): Promise<Outcome<TlsFetch, string>> {
  if (caFile === "" && certFile === "" && !isHttp1) return done({ fetch, close: () => {} });
  try {
    const client = Deno.createHttpClient({
      ...(isHttp1 && { http2: false }),
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

/** The same, by HTTP/1.1: a request that hangs holds up no other one. */
export function http1Fetch(
  files: TlsFiles,
  readText: (path: string) => Promise<string>,
): Promise<Outcome<TlsFetch, string>> {
  return tlsFetch(files, readText, { isHttp1: true });
}
