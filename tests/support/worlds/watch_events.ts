import assert from "node:assert/strict";
import type { WatchEvent, WatchScope, WatchUseCases } from "../../../sdn/control/use_cases.ts";

/** The events of a watcher that reads as fast as they come; it leaves when the reading ends. */
export async function* eventsOf(
  watching: WatchUseCases,
  query: { readonly since?: number; readonly scope: WatchScope },
): AsyncGenerator<WatchEvent> {
  let news = Promise.withResolvers<void>();
  const feed = watching.watch({ ...query, client: "test", onNews: () => news.resolve() });
  assert.ok(feed.ok);
  try {
    for (;;) {
      news = Promise.withResolvers<void>();
      const events = feed.value.take();
      yield* events;
      if (feed.value.isOver) return;
      if (events.length === 0) await news.promise;
    }
  } finally {
    feed.value.close();
  }
}
