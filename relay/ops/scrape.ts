import type { Distribution, Family } from "./family.ts";

/** The answer to a scrape. */
export interface Scrape {
  readonly text: string;
  /** Its content type. */
  readonly type: string;
}

/**
 * Answers scrapes of these families. The library that writes the format is loaded at the first one: it
 * takes 4 MiB, and not every relay is scraped.
 */
export function scraper(
  relay: string,
  families: readonly Family[],
  distributions: () => readonly Distribution[],
): () => Promise<Scrape> {
  let registry: Promise<Awaited<ReturnType<typeof open>>> | undefined;
  async function open() {
    const { createRegistry } = await import("./prometheus.ts");
    return createRegistry(relay, families, distributions);
  }
  return async () => {
    const opened = await (registry ??= open());
    return { text: await opened.metrics(), type: opened.contentType };
  };
}
