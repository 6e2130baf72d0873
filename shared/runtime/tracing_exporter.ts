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
import { noTracing, type Span, type SpanAttributes, type Tracing } from "./tracing.ts";

/** Whether spans go anywhere. */
export function isExporting(): boolean {
  // Without an exporter a span has no id. This probe span is never ended, so it is not exported.
  return isSpanContextValid(trace.getTracer("qumo").startSpan("probe").spanContext());
}

/** Spans of the runtime's exporter, if it has one. */
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
