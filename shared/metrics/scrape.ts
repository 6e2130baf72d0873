import type { Family } from "./family.ts";
import type { Exposition } from "./prometheus.ts";

/** The answer to a scrape. */
export interface Scrape {
  readonly text: string;
  /** Its content type. */
  readonly type: string;
}

/** What a scrape is made of. */
export interface ScrapeParts<Source> {
  readonly families: readonly Family<Source>[];
  /** Labels of every series. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Reads what the families are computed from, once for each scrape. */
  readonly read: () => Promise<Source>;
}

/**
 * Answers scrapes of these families. The library that writes the format is loaded at the first one: it
 * takes 6 MiB, and not every program is scraped.
 */
export function scraper<Source>(parts: ScrapeParts<Source>): () => Promise<Scrape> {
  let opened: Promise<Exposition<Source>> | undefined;
  async function open() {
    const { createExposition } = await import("./prometheus.ts");
    return createExposition(parts.families, parts.labels);
  }
  return async () => {
    const exposition = await (opened ??= open());
    return { text: await exposition.text(await parts.read()), type: exposition.type };
  };
}
