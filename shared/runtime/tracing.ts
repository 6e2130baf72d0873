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

/** Facts that a span has, by names of OpenTelemetry's conventions or of ours; undefined ones are left out. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** A stretch of work in a trace: a session, a request, never a single object. */
export interface Span {
  /** What to hand on to whoever works on it elsewhere; undefined where nothing is traced. */
  readonly traceparent: string | undefined;
  /** Adds facts. */
  set(attributes: SpanAttributes): void;
  /** Does work whose own spans and lines of the log belong to this span, whatever it awaits. */
  run<T>(work: () => T): T;
  /** Ends it; with a reason it failed. Only the first call counts. */
  end(failure?: string): void;
}

/** How a span begins. */
export interface SpanOptions {
  /** `server` works for a peer, `client` waits for one; otherwise it stays inside the program. */
  readonly kind?: "server" | "client";
  /**
   * A `traceparent` from elsewhere that this span goes on with; one that is ill-formed counts as none.
   * Without it the span belongs to the one that runs, if there is one.
   */
  readonly parent?: string | undefined;
  readonly attributes?: SpanAttributes;
}

/** Where a part of the program says what it works on. */
export interface Tracing {
  /** Begins a span. */
  start(name: string, options?: SpanOptions): Span;
  /** Says of the span that runs now which HTTP request it is. */
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
  // Without an exporter a span has no identity. This one is never ended, so it goes nowhere.
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
