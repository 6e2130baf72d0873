import {
  formatTraceparent,
  parseTraceparent,
  type Span,
  type SpanAttributes,
  type SpanOptions,
  type Tracing,
} from "@qumo/shared/runtime";
import assert from "node:assert/strict";

/** A span as it was begun and went on. */
export interface RecordedSpan {
  readonly name: string;
  /** The program that it is of. */
  readonly program: string;
  readonly kind: SpanOptions["kind"];
  /** What was given as its parent, well-formed or not. */
  readonly parent: string | undefined;
  readonly traceparent: string;
  readonly attributes: Record<string, string | number | boolean>;
  isOver: boolean;
  failure: string | undefined;
}

/**
 * Keeps the spans of programs that trace, for a test to look at. A span without a parent begins a
 * trace; none belongs to one that runs.
 */
export class RecordedSpans {
  readonly all: RecordedSpan[] = [];

  /** Where one program traces. */
  of(program: string): Tracing {
    return {
      start: (name, options = {}) => {
        const { kind, parent, attributes = {} } = options;
        const traceparent = this.#next(parent);
        const span: RecordedSpan = {
          name,
          program,
          kind,
          parent,
          traceparent,
          attributes: {},
          isOver: false,
          failure: undefined,
        };
        this.all.push(span);
        add(span, attributes);
        return spanOf(span);
      },
      answered() {},
    };
  }

  /** Those of what was asked for, not of the sessions that it was asked in. */
  get ofRequests(): RecordedSpan[] {
    return this.all.filter(({ name }) => name !== "moqt session");
  }

  /** The spans of this name, of all programs, in the order in which they began. */
  named(name: string): RecordedSpan[] {
    return this.all.filter((span) => span.name === name);
  }

  /** Fails while a span of a request goes on. */
  assertOver(): void {
    const going = this.ofRequests.filter(({ isOver }) => !isOver);
    assert.deepEqual(going.map(({ program, name }) => `${program}: ${name}`), []);
  }

  #next(parent: string | undefined): string {
    const number = this.all.length + 1;
    const known = parent === undefined ? undefined : parseTraceparent(parent);
    return formatTraceparent({
      traceId: known?.traceId ?? hex(number, 32),
      spanId: hex(number, 16),
      traceFlags: 1,
    });
  }
}

/** The trace that a span belongs to. */
export function traceOf({ traceparent }: RecordedSpan): string {
  return parseTraceparent(traceparent)!.traceId;
}

function spanOf(span: RecordedSpan): Span {
  return {
    traceparent: span.traceparent,
    set: (attributes) => {
      assert.ok(!span.isOver, `${span.program}: ${span.name} is over`);
      add(span, attributes);
    },
    run: (work) => work(),
    end: (failure) => {
      if (span.isOver) return;
      span.isOver = true;
      span.failure = failure;
    },
  };
}

function add(span: RecordedSpan, attributes: SpanAttributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) span.attributes[name] = value;
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
