/** What both programs count, and how `/metrics` says it. */
export {
  type Add,
  counter,
  counters,
  type Distribution,
  distribution,
  type Family,
  gauge,
  type NumberFamily,
} from "./family.ts";
export { Histogram } from "./histogram.ts";
export { type Scrape, scraper } from "./scrape.ts";
