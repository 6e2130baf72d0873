/** What of a span a test looks at. */
export interface ReceivedSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** Whether it says that it failed. */
  readonly isFailure: boolean;
}

/** What one service has sent. */
export interface Received {
  readonly spans: ReceivedSpan[];
  readonly lines: { readonly text: string; readonly severity: string; readonly traceId: string }[];
  readonly metrics: Set<string>;
}

const FAILURE = 2;

/** A collector of OpenTelemetry on a free port of the loopback address; it keeps what arrives. */
export function startOtlpReceiver() {
  const services = new Map<string, Received>();
  /** What a service has sent up to now. */
  const of = (service: string) =>
    services.getOrInsertComputed(service, () => ({ spans: [], lines: [], metrics: new Set() }));
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { resourceSpans, resourceLogs, resourceMetrics } = await request.json();
    for (const one of resourceSpans ?? resourceLogs ?? resourceMetrics) {
      const { spans, lines, metrics } = of(read(one.resource.attributes).get("service.name") ?? "");
      for (const scope of one.scopeSpans ?? one.scopeLogs ?? one.scopeMetrics) {
        for (const { attributes, status, ...span } of scope.spans ?? []) {
          spans.push({
            ...span,
            attributes: read(attributes),
            isFailure: status?.code === FAILURE,
          });
        }
        for (const { body, severityText = "", traceId = "" } of scope.logRecords ?? []) {
          lines.push({ text: body.stringValue ?? "", severity: severityText, traceId });
        }
        for (const { name } of scope.metrics ?? []) metrics.add(name);
      }
    }
    return Response.json({});
  });
  return {
    of,
    /** What sends to here, and soon, beside the variables of a program's own. */
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_METRIC_EXPORT_INTERVAL: "100",
      OTEL_BSP_SCHEDULE_DELAY: "50",
      OTEL_BLRP_SCHEDULE_DELAY: "50",
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

// OTLP as JSON, no more of it than is read here; ids are hexadecimal, 64-bit numbers are text.
function read(attributes: readonly { key: string; value: object }[]): Map<string, string> {
  return new Map(attributes.map(({ key, value }) => [key, String(Object.values(value)[0])]));
}
