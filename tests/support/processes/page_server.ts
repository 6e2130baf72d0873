/** A page with one script, on a free port of the loopback address, where WebTransport is allowed. */
export interface PageServer extends AsyncDisposable {
  readonly url: string;
}

const PAGE = `<!doctype html><meta charset="utf-8"><title>tests</title>
<link rel="icon" href="data:,"><script type="module" src="/script.js"></script>`;

/** Bundles a module with all that it imports and serves it in a page. */
export async function servePage(script: URL): Promise<PageServer> {
  const bundled = await bundle(script);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/script.js") return answer(bundled, "text/javascript");
    return answer(PAGE, "text/html");
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function answer(body: string, type: string): Response {
  return new Response(body, { headers: { "content-type": `${type}; charset=utf-8` } });
}

/** Bundled once for all pages of a file of tests. */
function bundle({ href }: URL): Promise<string> {
  const known = bundles.get(href) ?? bundleNow(href);
  bundles.set(href, known);
  return known;
}

const bundles = new Map<string, Promise<string>>();

async function bundleNow(script: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "browser", script],
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`Cannot bundle ${script}: ${text.decode(stderr)}`);
  return text.decode(stdout);
}
