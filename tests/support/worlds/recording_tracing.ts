import {
  formatTraceparent,
  parseTraceparent,
  type Span,
  type SpanOptions,
  type Tracing,
} from "@qumo/shared/runtime";
import assert from "node:assert/strict";

/** A span as it was begun and went on. */
export type RecordedSpan = ReturnType<typeof recorded>;

/** The span number `id` of all; `parent` is what was given as that, well-formed or not. */
function recorded(id: string, program: string, name: string, { kind, parent }: SpanOptions) {
  const { traceId = id.padStart(32, "0") } = parseTraceparent(parent ?? "") ?? {};
  const span = {
    ...{ program, name, kind, parent },
    traceparent: formatTraceparent({ traceId, spanId: id.padStart(16, "0"), traceFlags: 1 }),
    attributes: {} as Record<string, string | number | boolean>,
    isOver: false,
    failure: undefined as string | undefined,
    set(more) {
      assert.ok(!span.isOver, `${program}: ${name} is over`);
      const said = Object.entries(more).filter(([_, value]) => value !== undefined);
      Object.assign(span.attributes, Object.fromEntries(said));
    },
    run: (work) => work(),
    end(failure) {
      if (!span.isOver) Object.assign(span, { isOver: true, failure });
    },
  } satisfies Span & Record<string, unknown>;
  return span;
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
        const id = (this.all.length + 1).toString(16);
        const span = recorded(id, program, name, options);
        span.set(options.attributes ?? {});
        this.all.push(span);
        return span;
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
}

/** The trace that a span belongs to. */
export function traceOf({ traceparent }: RecordedSpan): string {
  return parseTraceparent(traceparent)!.traceId;
}
