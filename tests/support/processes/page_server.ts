import { runToEnd } from "./program_process.ts";

/** A page with one script, on a free port of the loopback address, where WebTransport is allowed. */
export interface PageServer extends AsyncDisposable {
  readonly url: string;
}

const PAGE = `<!doctype html><meta charset="utf-8"><title>tests</title>
<link rel="icon" href="data:,"><script type="module" src="/script.js"></script>`;

/** Bundled once for all pages of a file of tests. */
const bundles = new Map<string, Promise<string>>();

/** Bundles a module with all that it imports and serves it in a page. */
export async function servePage(script: URL): Promise<PageServer> {
  const bundled = await bundles.getOrInsertComputed(script.href, bundle);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ url }) => {
    return url.endsWith("/script.js")
      ? new Response(bundled, { headers: { "content-type": "text/javascript; charset=utf-8" } })
      : new Response(PAGE, { headers: { "content-type": "text/html; charset=utf-8" } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function bundle(script: string): Promise<string> {
  const command = [Deno.execPath(), "bundle", "--quiet", "--platform", "browser", script] as const;
  const { code, stdout, stderr } = await runToEnd(command);
  if (code !== 0) throw new Error(`Cannot bundle ${script}: ${stderr}`);
  return stdout;
}
