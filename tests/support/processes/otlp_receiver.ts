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

/** What of a line of a log a test looks at. */
export interface ReceivedLine {
  readonly text: string;
  readonly severity: string;
  readonly traceId: string;
}

/** What one service has sent. */
export interface Received {
  readonly spans: ReceivedSpan[];
  readonly lines: ReceivedLine[];
  readonly metrics: Set<string>;
}

// OTLP as JSON, no more of it than is read here; ids are hexadecimal, 64-bit numbers are text.
interface Attribute {
  readonly key: string;
  readonly value: { readonly [kind: string]: unknown };
}
interface Resource {
  readonly resource: { readonly attributes: readonly Attribute[] };
  readonly scopeSpans?: readonly { readonly spans: readonly OtlpSpan[] }[];
  readonly scopeLogs?: readonly { readonly logRecords: readonly OtlpLine[] }[];
  readonly scopeMetrics?: readonly { readonly metrics: readonly { readonly name: string }[] }[];
}
interface OtlpSpan extends Omit<ReceivedSpan, "attributes" | "isFailure"> {
  readonly attributes: readonly Attribute[];
  readonly status?: { readonly code?: number };
}
interface OtlpLine {
  readonly body: { readonly stringValue?: string };
  readonly severityText?: string;
  readonly traceId?: string;
}

const FAILURE = 2;

/** A collector of OpenTelemetry on a free port of the loopback address; it keeps what arrives. */
export class OtlpReceiver implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #services = new Map<string, Received>();
  #changed = Promise.withResolvers<void>();

  constructor() {
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      onListen: () => {},
    }, (request) => this.#answer(request));
  }

  /** What sends to here, and soon, beside the variables of a program's own. */
  get environment(): Record<string, string> {
    return {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#server.addr.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_METRIC_EXPORT_INTERVAL: "100",
      OTEL_BSP_SCHEDULE_DELAY: "50",
      OTEL_BLRP_SCHEDULE_DELAY: "50",
    };
  }

  /** What a service has sent up to now. */
  of(service: string): Received {
    const known = this.#services.get(service);
    if (known !== undefined) return known;
    const received: Received = { spans: [], lines: [], metrics: new Set() };
    this.#services.set(service, received);
    return received;
  }

  /** The first answer of `look` that is not undefined; it looks again whenever something arrives. */
  async until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      await this.#changed.promise;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const body = await request.json();
    const { pathname } = new URL(request.url);
    const resources = body.resourceSpans ?? body.resourceLogs ?? body.resourceMetrics;
    if (!/^\/v1\/(traces|logs|metrics)$/.test(pathname) || resources === undefined) {
      return new Response(null, { status: 404 });
    }
    for (const resource of resources as Resource[]) this.#take(resource);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
    return Response.json({});
  }

  #take({ resource, scopeSpans = [], scopeLogs = [], scopeMetrics = [] }: Resource): void {
    const { spans, lines, metrics } = this.of(read(resource.attributes).get("service.name") ?? "");
    for (const one of scopeSpans.flatMap((scope) => scope.spans)) {
      const { status, attributes, ...rest } = one;
      spans.push({ ...rest, attributes: read(attributes), isFailure: status?.code === FAILURE });
    }
    for (
      const { body, severityText = "", traceId = "" } of scopeLogs.flatMap((s) => s.logRecords)
    ) {
      lines.push({ text: body.stringValue ?? "", severity: severityText, traceId });
    }
    for (const { name } of scopeMetrics.flatMap((scope) => scope.metrics)) metrics.add(name);
  }
}

function read(attributes: readonly Attribute[]): Map<string, string> {
  return new Map(
    attributes.map(({ key, value }) => [key, String(Object.values(value)[0])]),
  );
}
