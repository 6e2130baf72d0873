import assert from "node:assert/strict";
import { makeCertificate } from "../../tests/support/transport/certificate.ts";
import { systemClock } from "./clock.ts";
import { askHealth, healthUrl } from "./health_check.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";

function answering(answer: (url: URL) => Response | Promise<Response>): typeof fetch {
  return (input) => Promise.resolve(answer(new URL(String(input))));
}

function fail(): never {
  assert.fail("nobody is to be asked");
}

Deno.test("askHealth() asks for readiness unless the URL asks for something", async () => {
  const asked: string[] = [];
  const ask = answering((url) => {
    asked.push(url.href);
    return new Response('{"ready":true}\n');
  });
  const clock = new ManualClock();
  const report = await askHealth("http://127.0.0.1:4433", clock, ask);
  assert.deepEqual(report, { ready: true, text: '200 {"ready":true}' });
  await askHealth("http://127.0.0.1:4433/health", clock, ask);
  assert.deepEqual(asked, [
    "http://127.0.0.1:4433/health?probe=ready",
    "http://127.0.0.1:4433/health",
  ]);
  assert.equal(clock.pending, 0);
});

Deno.test("askHealth() says no to every answer that is not a success", async () => {
  const ask = answering(() => new Response("draining\u001b", { status: 503 }));
  assert.deepEqual(await askHealth("http://h:1", new ManualClock(), ask), {
    ready: false,
    text: "503 draining\\u001b",
  });
});

Deno.test("askHealth() does not wait for ever", async () => {
  const clock = new ManualClock();
  const ask: typeof fetch = (_input, init) =>
    new Promise((_, reject) => {
      init!.signal!.addEventListener("abort", () => reject(new Error("aborted")));
    });
  const asking = askHealth("http://h:1", clock, ask);
  await clock.advance(3000);
  assert.deepEqual(await asking, {
    ready: false,
    text: "no answer from http://h:1/health: nothing in 3000 ms",
  });
});

Deno.test("askHealth() says when nobody is there, and when it is no URL", async () => {
  const ask: typeof fetch = () => Promise.reject(new Error("refused"));
  const { ready, text } = await askHealth("http://h:1/", new ManualClock(), ask);
  assert.deepEqual([ready, text], [
    false,
    "no answer from http://h:1/health: Error: refused",
  ]);
  for (const url of ["h:1", "file:///etc/passwd", ""]) {
    assert.equal((await askHealth(url, new ManualClock(), ask)).ready, false);
  }
});

Deno.test("askHealth() asks an address over HTTP, and over TLS where that is what it speaks", async () => {
  const asked: string[] = [];
  const speaking = (scheme: string, status: number) =>
    answering((url) => {
      asked.push(url.protocol);
      if (url.protocol !== scheme) throw new Error("the other one");
      return new Response("x", { status });
    });
  const clock = new ManualClock();
  assert.equal((await askHealth("127.0.0.1:8090", clock, speaking("https:", 200))).ready, true);
  assert.deepEqual(asked.splice(0), ["http:", "https:"]);
  assert.equal((await askHealth("127.0.0.1:8090", clock, speaking("http:", 503))).text, "503 x");
  assert.deepEqual(asked.splice(0), ["http:"]);
  const nobody = await askHealth("127.0.0.1:8090", clock, speaking("none:", 200));
  assert.match(nobody.text, /^no answer from http:/);
});

Deno.test("askHealth() knows an address with a slash behind it and as the relay writes it", async () => {
  for (const target of ["127.0.0.1:4433/", "moqt://127.0.0.1:4433", "moqt://127.0.0.1:4433/"]) {
    const ask = answering(({ href }) => new Response(href));
    assert.deepEqual(await askHealth(target, new ManualClock(), ask), {
      ready: true,
      text: "200 http://127.0.0.1:4433/health?probe=ready",
    });
  }
  const { text } = await askHealth("127.0.0.1/", new ManualClock(), answering(fail));
  assert.match(text, /^127\.0\.0\.1\/ is no address with a port and no http URL: write /);
});

Deno.test("a program on this machine is well whoever signed its certificate", async () => {
  const { certificate, key } = await makeCertificate();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert: certificate, key, onListen() {} },
    (request) => new Response(new URL(request.url).search, { status: 200 }),
  );
  const { port } = server.addr;
  for (const target of [`127.0.0.1:${port}`, `https://127.0.0.1:${port}`]) {
    const report = await askHealth(target, systemClock);
    assert.deepEqual(report, { ready: true, text: "200 ?probe=ready" });
  }
  await server.shutdown();
});

Deno.test("healthUrl() asks the program that listens at this address", () => {
  assert.equal(healthUrl("0.0.0.0:5000"), "http://127.0.0.1:5000/health?probe=ready");
  assert.equal(healthUrl("[::]:4433"), "http://[::1]:4433/health?probe=ready");
  assert.equal(healthUrl("10.0.0.1:1", "https"), "https://10.0.0.1:1/health?probe=ready");
});
