/** How long the controller may take to answer. */
export const ANSWER_MS = 10_000;

/** The most characters of an error's text. */
export const MAX_ERROR = 500;

/** The entries of a page that are asked for. */
export const PAGE = 1_000;

/** The most entries of a listing; a longer one says so and asks for a prefix. */
export const MAX_LISTED = 100_000;

/** The time between two looks of `events -f` and `top`. */
export const LOOK_AGAIN_MS = 2_000;

/** The rows of tracks that `top` shows. */
export const TOP_TRACKS = 10;
