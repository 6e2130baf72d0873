import { announceParts } from "@qumo/shared/topology";
import { trackTextSchema } from "@qumo/shared/topology/schemas";
import * as z from "zod";

const namespaceText = trackTextSchema.refine((text) => {
  const parts = announceParts(text);
  return parts !== undefined && parts.name === undefined;
}, "Expected a namespace").meta({
  id: "Namespace",
  type: "string",
  minLength: 1,
  description: "As in an announce: of another scope than the default one it begins with ~/{scope}",
});

const interestLists = z.strictObject({
  namespaces: z.array(namespaceText).default([]).meta({
    description: "With those above and the tracks in them: all that a track in one can come from",
  }),
  prefixes: z.array(namespaceText).default([]).meta({
    description: "With all below them; ~ is a whole scope",
  }),
}).meta({ id: "Interests" });

/** Interests as they are said. */
export type InterestLists = z.output<typeof interestLists>;

const NO_INTERESTS = { namespaces: [], prefixes: [] };

/** The body of `POST /watch`. */
export const interestWatchBody = z.strictObject({
  since: z.int().nonnegative().optional(),
  scope: z.string().max(4096).default("graph"),
  interests: interestLists,
  all_up_to: z.int().nonnegative().default(0).meta({
    description: "Follow all announces if there are not more than these; 0: never",
  }),
});

/** The body of `PUT /watch/{watcher}`. */
export const interestChangeBody = z.strictObject({
  number: z.int().positive().meta({
    description: "Comes back in the event `interests`, after the announces that were added",
  }),
  add: interestLists.default(NO_INTERESTS),
  drop: interestLists.default(NO_INTERESTS),
});

/** A parsed body of `PUT /watch/{watcher}`. */
export type InterestChangeBody = z.output<typeof interestChangeBody>;

/** The answer to `PUT /watch/{watcher}`. */
export const interestChangeAnswer = z.object({ number: z.int() }).meta({ id: "InterestsChanged" });
