import { done, printable, refused } from "@qumo/shared/runtime";
import { refusal } from "@qumo/shared/topology";
import { type History, HISTORY_STEP_MS, type HistorySubject } from "../history/mod.ts";
import { MAX_NAME_SHOWN } from "./limits.ts";
import type { HistoryUseCases } from "./use_cases.ts";

/** Tells of the last hour. */
export class HistoryService implements HistoryUseCases {
  readonly #history: History;
  readonly #revision: () => number;

  constructor(history: History, revision: () => number) {
    this.#history = history;
    this.#revision = revision;
  }

  history(subject: HistorySubject) {
    const page = this.#history.read(subject);
    if (page === undefined) return Promise.resolve(refused(this.#unknown(subject)));
    return Promise.resolve(done({
      revision: this.#revision(),
      until: new Date(page.until).toISOString(),
      step_ms: HISTORY_STEP_MS,
      series: page.points,
      left_out: this.#history.leftOut(subject.kind),
    }));
  }

  #unknown(subject: HistorySubject) {
    const seconds = HISTORY_STEP_MS / 1000;
    const leftOut = this.#history.leftOut(subject.kind);
    const why = leftOut > 0
      ? `too many: ${leftOut} have none`
      : `the first sample follows within ${seconds} s`;
    return refusal(
      "history_not_found",
      `no history of ${nameOf(subject)} in the last hour; ${why}`,
    );
  }
}

function nameOf(subject: HistorySubject): string {
  const name = (text: string) => printable(text, MAX_NAME_SHOWN);
  switch (subject.kind) {
    case "mesh":
      return "the mesh";
    case "relay":
      return `the relay ${name(subject.relay)}`;
    case "link":
      return `the link from ${name(subject.from)} to ${name(subject.to)}`;
    case "track":
      return `the track ${name(subject.track)}`;
  }
}
