import { FlaggedFetchWriter } from "./fetch.ts";
import { FlaggedFetchDecoder } from "./fetch_decoder.ts";
import type { FlaggedForm } from "./fetch_flag.ts";
import type { FetchLayout } from "./fetch_layout.ts";

/** Items that begin with serialization flags: drafts from 15 on. */
export function flaggedFetch(form: FlaggedForm): FetchLayout {
  return {
    name: `flags below ${form.firstRange}, ${form.ids.name}${form.hasStatus ? ", statuses" : ""}`,
    writer: (order, terms) => new FlaggedFetchWriter(order, terms, form),
    decoder: (order, terms) => new FlaggedFetchDecoder(order, terms, form),
  };
}
