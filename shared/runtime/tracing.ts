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
