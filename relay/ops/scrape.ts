import type { DistributionFamily, Family, Scraped } from "./family.ts";
import type { Exposition } from "./prometheus.ts";

/** The answer to a scrape. */
export interface Scrape {
  readonly text: string;
  /** Its content type. */
  readonly type: string;
}

/** What a scrape is made of. */
export interface ScrapeParts {
  /** The relay's name; may be empty. */
  readonly relay: string;
  readonly families: readonly Family[];
  readonly distributions: readonly DistributionFamily[];
  /** Reads the relay, once for each scrape. */
  readonly read: () => Promise<Scraped>;
}

/**
 * Answers scrapes of these families. The library that writes the format is loaded at the first one: it
 * takes 4 MiB, and not every relay is scraped.
 */
export function scraper(parts: ScrapeParts): () => Promise<Scrape> {
  let opened: Promise<Exposition> | undefined;
  async function open() {
    const { createExposition } = await import("./prometheus.ts");
    return createExposition(parts.relay, parts.families, parts.distributions);
  }
  return async () => {
    const exposition = await (opened ??= open());
    return { text: await exposition.text(await parts.read()), type: exposition.type };
  };
}
