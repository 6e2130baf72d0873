import {
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  type Span as OtelSpan,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";

/** Attributes of a span, by OpenTelemetry's names or our own; undefined ones are left out. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** A span of a trace: a session or a request, never a single object. */
export interface Span {
  /** The trace context to send to another program; undefined where nothing is traced. */
  readonly traceparent: string | undefined;
  /** Adds attributes. */
  set(attributes: SpanAttributes): void;
  /** Runs `work`; its spans and log lines belong to this span, across awaits. */
  run<T>(work: () => T): T;
  /** Ends the span; with `failure` it failed. Only the first call counts. */
  end(failure?: string): void;
}

/** Options of a new span. */
export interface SpanOptions {
  /** `server` works for a peer, `client` waits for one; otherwise it stays inside the program. */
  readonly kind?: "server" | "client";
  /**
   * A `traceparent` of another program that is the parent of this span; a malformed one is ignored.
   * Without it the parent is the current span, if there is one.
   */
  readonly parent?: string | undefined;
  readonly attributes?: SpanAttributes;
}

/** The interface for tracing. */
export interface Tracing {
  /** Begins a span. */
  start(name: string, options?: SpanOptions): Span;
  /** Sets the method and path of the current span's HTTP request. */
  answered(request: { method: string; path: string; status: number }): void;
}

const noSpan: Span = {
  traceparent: undefined,
  set() {},
  run: (work) => work(),
  end() {},
};

/** Traces nothing. */
export const noTracing: Tracing = { start: () => noSpan, answered() {} };

/** Whether the runtime exports what is traced: started, or compiled, with OTEL_DENO=true. */
export function isExporting(): boolean {
  // Without an exporter a span has no id. This probe span is never ended, so it is not exported.
  return isSpanContextValid(trace.getTracer("qumo").startSpan("probe").spanContext());
}

/** Traces by the runtime's exporter; without one, nothing. */
export function openTracing(): Tracing {
  if (!isExporting()) return noTracing;
  const tracer = trace.getTracer("qumo");
  return {
    start(name, { kind, parent, attributes = {} } = {}) {
      const options = { kind: KINDS[kind ?? "internal"], attributes: defined(attributes) };
      const within = contextOf(parent);
      return new TracedSpan(tracer.startSpan(name, options, within), within);
    },
    answered({ method, path, status }) {
      const span = trace.getActiveSpan();
      span?.updateName(`${method} ${path}`);
      span?.setAttribute("http.route", path);
      if (status >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
    },
  };
}

const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
} as const;

class TracedSpan implements Span {
  readonly #span: OtelSpan;
  readonly #context: Context;
  #isOver = false;

  constructor(span: OtelSpan, within: Context) {
    this.#span = span;
    this.#context = trace.setSpan(within, span);
  }

  get traceparent(): string {
    return formatTraceparent(this.#span.spanContext());
  }

  set(attributes: SpanAttributes): void {
    this.#span.setAttributes(defined(attributes));
  }

  run<T>(work: () => T): T {
    return context.with(this.#context, work);
  }

  end(failure?: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (failure !== undefined) {
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
    }
    this.#span.end();
  }
}

function contextOf(parent: string | undefined): Context {
  const known = parent === undefined ? undefined : parseTraceparent(parent);
  if (known === undefined) return context.active();
  return trace.setSpanContext(context.active(), { ...known, isRemote: true });
}

function defined(attributes: SpanAttributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).filter(([, value]) => value !== undefined),
  ) as Attributes;
}
