import { generateCertificate } from "../../../relay/transport/mod.ts";

type Answer = (request: Request) => Response | Promise<Response>;

export type HttpsServer = Awaited<ReturnType<typeof startHttpsServer>>;

/**
 * An HTTPS server on the loopback address, with a certificate that only its own `fetch` trusts. What
 * it answers may be changed while it runs.
 */
export async function startHttpsServer(answer: Answer) {
  const { certificate: cert, key } = await generateCertificate(["localhost", "127.0.0.1"]);
  const client = Deno.createHttpClient({ caCerts: [cert] });
  const said = { answer };
  const options = { hostname: "127.0.0.1", cert, key, onListen() {} };
  const serve = (port: number) => Deno.serve({ ...options, port }, (it) => said.answer(it));
  let listener = serve(0);
  const { port } = listener.addr;
  const trusting: typeof fetch = (input, init) => fetch(input, { ...init, client });
  return Object.assign(said, {
    url: `https://127.0.0.1:${port}/`,
    fetch: trusting,
    /** Nobody listens any more. */
    stop: () => listener.shutdown(),
    /** Listens again where it did. */
    start: () => void (listener = serve(port)),
    async [Symbol.asyncDispose]() {
      client.close();
      await listener.shutdown();
    },
  });
}
