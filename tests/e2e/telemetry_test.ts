/** What the programs send by OTLP, started as configs/otel says. */
import assert from "node:assert/strict";
import { parseEnv } from "node:util";
import { parse } from "yaml";
import { Deadline } from "../support/deadline.ts";
import { connectMoqt } from "../support/peers/moqt_peer.ts";
import { type Received, startOtlpReceiver } from "../support/processes/otlp_receiver.ts";
import { startRelay } from "../support/processes/relay_process.ts";
import { ProgramProcess } from "../support/processes/program_process.ts";
import { SdnProcess } from "../support/processes/sdn_process.ts";
import { found } from "../support/until.ts";

// As OTLP numbers them.
const SpanKind = { SERVER: 2, CLIENT: 3 } as const;

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";

async function environmentFile(name: string): Promise<Record<string, string>> {
  const text = await Deno.readTextFile(new URL(`../../configs/otel/${name}`, import.meta.url));
  return parseEnv(text) as Record<string, string>;
}

/** Whatever was sent so far, for a test that waits for something else. */
function summary({ spans, lines, metrics }: Received): string {
  const names = spans.map(({ name }) => name);
  return JSON.stringify([names, lines.map(({ text }) => text), [...metrics]]);
}

Deno.test("a relay sends the span of a session, its log lines in that span, and HTTP metrics", async () => {
  await using receiver = startOtlpReceiver();
  using deadline = new Deadline();
  const env = { ...await environmentFile("relay.env"), ...receiver.environment };
  await using relay = await startRelay({}, { env });
  const received = receiver.of("qumo-relay");
  const client = await deadline.for("a session", connectMoqt(relay));
  await client.close();
  const span = await found(
    "the span of the session",
    () => received.spans.find(({ name }) => name === "moqt session"),
  );
  assert.deepEqual([span.isFailure, span.attributes.get("qumo.session.end")], [
    false,
    "peer_closed",
  ]);
  assert.equal(span.attributes.get("network.protocol.name"), "moqt-18");
  assert.match(span.attributes.get("network.peer.address") ?? "", /^127\.0\.0\.1:\d+$/);
  const line = await found(
    "the log's word of the session",
    () => received.lines.find(({ text }) => text.includes("session ended")),
  );
  assert.deepEqual([line.traceId, line.severity], [span.traceId, "INFO"]);
  await deadline.for("the same line where the log always is", relay.says(/session ended/));
  assert.equal(relay.log().split("session ended").length, 2, "and there once");
  await relay.metrics();
  await found(
    "metrics of HTTP",
    () => received.metrics.has("http.server.request.duration") || undefined,
  );
});

Deno.test("both ends of a link send its session, each by the other's name", async () => {
  await using receiver = startOtlpReceiver();
  await using controller = await SdnProcess.start({});
  const env = { ...await environmentFile("relay.env"), ...receiver.environment };
  const start = (name: string, neighbors: Record<string, number>) =>
    startRelay({ sdn: { urls: [controller.url], relay_name: name, neighbors } }, {
      env: { ...env, OTEL_SERVICE_NAME: name },
    });
  await using london = await start("london", {});
  await using _tokyo = await start("tokyo", { london: 10 });
  await found(
    "a link",
    () => receiver.of("tokyo").lines.find(({ text }) => text.includes("link established")),
  );
  await london.end();
  const [caller, called] = await Promise.all(
    ["tokyo", "london"].map((name) =>
      found(
        `the span of ${name}`,
        () => receiver.of(name).spans.find((span) => span.name === "moqt session"),
      )
    ),
  );
  const seen = [caller!, called!].map(({ kind, attributes }) => [
    kind,
    attributes.get("qumo.peer.relay"),
  ]);
  assert.deepEqual(seen, [[SpanKind.CLIENT, "london"], [SpanKind.SERVER, "tokyo"]]);
});

Deno.test("a viewer's subscription is one trace, from its relay to the publisher's", async () => {
  await using receiver = startOtlpReceiver();
  using deadline = new Deadline();
  await using controller = await SdnProcess.start({});
  const env = { ...await environmentFile("relay.env"), ...receiver.environment };
  const start = (name: string, neighbors: Record<string, number>) => {
    const sdn = { urls: [controller.url], relay_name: name, neighbors };
    // What nobody watches any more ends at once, and its spans arrive.
    return startRelay({ sdn, relay: { linger_ms: 0 } }, {
      env: { ...env, OTEL_SERVICE_NAME: name },
    });
  };
  await using london = await start("london", { tokyo: 10 });
  await using tokyo = await start("tokyo", { london: 10 });
  const camera = await deadline.for("the publisher", connectMoqt(london));
  const publication = await camera.publish("live/cam", ["video"]);
  const viewer = await deadline.for("the viewer", connectMoqt(tokyo));
  await deadline.for("the announcement", viewer.announced("live/cam"));
  const watch = await deadline.for("the subscription", viewer.watch("live/cam", "video"));
  await publication.subscribed("video");
  const group = await publication.startGroup("video");
  await group.write(new Uint8Array(10));
  await deadline.for("an object", watch.next());
  await watch.stop();
  await viewer.close();
  const spanOf = (relay: string, name: string) =>
    found(
      `${name} of ${relay}`,
      () => receiver.of(relay).spans.find((span) => span.name === name),
    );
  const edge = await spanOf("tokyo", "moqt subscription");
  const upstream = await spanOf("tokyo", "upstream subscription");
  const origin = await spanOf("london", "moqt subscription");
  const trace = [edge, upstream, origin];
  assert.deepEqual(trace.map(({ traceId }) => traceId), trace.map(() => edge.traceId));
  assert.deepEqual([upstream.parentSpanId, origin.parentSpanId], [edge.spanId, upstream.spanId]);
  assert.deepEqual(trace.map(({ kind }) => kind), [
    SpanKind.SERVER,
    SpanKind.CLIENT,
    SpanKind.SERVER,
  ]);
  assert.deepEqual(
    trace.map(({ attributes }) => attributes.get("qumo.track")),
    trace.map(() => "live-cam--video"),
  );
  assert.equal(upstream.attributes.get("qumo.source"), "london");
  assert.equal(origin.attributes.get("qumo.peer.relay"), "tokyo");
  const session = await found(
    "the span that a client's subscription belongs to",
    () => receiver.of("tokyo").spans.find(({ spanId }) => spanId === edge.parentSpanId),
  );
  assert.equal(session.name, "moqt session");
  const line = await found(
    "the log's word of the track",
    () => receiver.of("tokyo").lines.find(({ text }) => text.includes("remote track")),
  );
  assert.equal(line.traceId, edge.traceId);
  await camera.close();
});

Deno.test("a controller goes on with a request's trace under the request's name", async () => {
  await using receiver = startOtlpReceiver();
  const env = { ...await environmentFile("sdn.env"), ...receiver.environment };
  await using controller = await SdnProcess.start({ log: { level: "debug" } }, { env });
  const received = receiver.of("qumo-sdn");
  const response = await fetch(`${controller.url}/relay/tokyo`, {
    method: "PUT",
    headers: { traceparent: `00-${TRACE}-${PARENT}-01` },
    body: JSON.stringify({ address: "https://tokyo.example:4433" }),
  });
  assert.equal(response.status, 200, await response.text());
  const span = await found(
    "the span of the request", // The runtime has one of its own beside it, which knows no endpoint.
    () => received.spans.find(({ traceId, name }) => traceId === TRACE && name.includes("/")),
  );
  assert.deepEqual([span.name, span.parentSpanId], ["PUT /relay/:name", PARENT]);
  assert.equal(span.attributes.get("http.route"), "/relay/:name");
  assert.equal(span.attributes.get("url.path"), "/relay/tokyo", "what the collector filters by");
  const line = await found(
    "the log's word of the request",
    () => received.lines.find(({ text }) => text.includes("/relay/:name")),
  );
  assert.deepEqual([line.traceId, line.severity], [TRACE, "DEBUG"]);
  await found(
    "metrics of HTTP",
    () => received.metrics.has("http.server.request.duration") || undefined,
  );
});

Deno.test("without telemetry.enabled nothing of the programs' own is sent", async () => {
  await using receiver = startOtlpReceiver();
  using deadline = new Deadline();
  const off = { ...await environmentFile("relay.env"), QUMO_TELEMETRY_ENABLED: "false" };
  await using relay = await startRelay({}, { env: { ...off, ...receiver.environment } });
  const received = receiver.of("qumo-relay");
  const client = await deadline.for("a session", connectMoqt(relay));
  await client.close();
  await relay.metrics();
  // The runtime traces the scrape by itself, and later than the session ended.
  await found(
    "the span of the scrape",
    () => received.spans.find(({ attributes }) => attributes.get("url.path") === "/metrics"),
  );
  assert.ok(!received.spans.some(({ name }) => name === "moqt session"), summary(received));
  assert.deepEqual(received.lines, []);
});

Deno.test("a program that has nothing to send to says so once, and goes on", async () => {
  await using relay = await startRelay({ telemetry: { enabled: true } });
  await relay.end();
  assert.equal(relay.log().match(/"level":"warn","message":"telemetry\.enabled/g)?.length, 1);
  assert.match(relay.log(), /"message":"stopped"/);
});

Deno.test("a span goes on where another program's span was handed on, and says that it failed", async () => {
  await using receiver = startOtlpReceiver();
  using deadline = new Deadline();
  const env = { OTEL_DENO: "true", OTEL_SERVICE_NAME: "traced", ...receiver.environment };
  await using program = exporting("traced_program.ts", [], env);
  assert.equal(await deadline.for("its end", program.ended), 0);
  const { spans } = receiver.of("traced");
  const byName = new Map(spans.map((span) => [span.name, span]));
  const [first, second, inside, stray] = ["first", "second", "inside", "stray"].map((name) =>
    byName.get(name) ?? assert.fail(`no span ${name} in ${[...byName.keys()]}`)
  );
  assert.deepEqual([...first!.attributes], [["hop", "1"]]);
  assert.deepEqual([second!.traceId, second!.parentSpanId], [first!.traceId, first!.spanId]);
  assert.deepEqual([inside!.traceId, inside!.parentSpanId], [first!.traceId, second!.spanId]);
  assert.notEqual(stray!.traceId, first!.traceId);
  assert.deepEqual(spans.map(({ isFailure, name }) => isFailure && name).filter(Boolean), [
    "second",
  ]);
  assert.equal(spans.length, 4, "a span ends once");
});

/**
 * A program of tests/support that exports. It must be killed: an exporter can keep it from ending, and
 * from heeding any other signal.
 */
function exporting(name: string, args: readonly string[], env: Record<string, string>) {
  const module = `tests/support/processes/${name}`;
  const run = ["run", "--quiet", "--allow-env", module, ...args];
  return new ProgramProcess([Deno.execPath(), ...run], { env });
}

for (const exports of [true, false]) {
  Deno.test(`a program that is through ends ${exports ? "by itself, unless something keeps it" : "at once when nothing is exported"}`, async () => {
    await using receiver = startOtlpReceiver();
    using deadline = new Deadline();
    const env = {
      OTEL_DENO: String(exports),
      OTEL_SERVICE_NAME: "ending",
      ...receiver.environment,
    };
    {
      await using program = exporting("ending_program.ts", [], env);
      assert.equal(await deadline.for("its end", program.ended), 3);
      assert.equal(program.log(), exports ? "" : "told");
    }
    {
      await using program = exporting("ending_program.ts", ["kept"], env);
      await deadline.for("it to be told to end", program.says(/told/));
      // Once in a while the exporter keeps a program that is told to end from it, for ever.
      if (!exports) assert.equal(await deadline.for("its end", program.ended), 3);
    }
  });
}

Deno.test("the collector takes what the environment files send, and every part of it is in use", async () => {
  const text = await Deno.readTextFile(
    new URL("../../configs/otel/collector.yaml", import.meta.url),
  );
  const { service, ...parts } = parse(text);
  for (const kind of ["receivers", "processors", "exporters"]) {
    const used = Object.values(service.pipelines).flatMap((pipeline) =>
      (pipeline as Record<string, string[]>)[kind] ?? []
    );
    assert.deepEqual(new Set(Object.keys(parts[kind])), new Set(used), kind);
  }
  assert.deepEqual(Object.keys(parts.extensions), service.extensions);
  for (const pipeline of Object.values(service.pipelines)) {
    const { receivers, processors } = pipeline as Record<string, string[]>;
    assert.deepEqual([receivers, processors?.[0]], [["otlp"], "memory_limiter"]);
  }
  assert.deepEqual(Object.keys(service.pipelines).sort(), ["logs", "metrics", "traces"]);
  const { endpoint } = parts.receivers.otlp.protocols.http;
  for (const name of ["relay.env", "sdn.env"]) {
    const env = await environmentFile(name);
    assert.equal(env["OTEL_EXPORTER_OTLP_PROTOCOL"], "http/protobuf");
    const port = new URL(env["OTEL_EXPORTER_OTLP_ENDPOINT"]!).port;
    assert.ok(endpoint.endsWith(`:${port}`), `${name} sends to ${port}, not to ${endpoint}`);
  }
});
