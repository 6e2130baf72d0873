/** How long a relay may take to take a connection, unless `--timeout` says something else. */
export const CONNECT_MS = 5_000;

/** The longest `--timeout`. */
export const MAX_CONNECT_MS = 600_000;

/** How long a relay may take to say over HTTP what certificate it has. */
export const CERTIFICATE_MS = 3_000;

/**
 * The pause after which a relay is taken to have told all names that it has. Ours keeps a session that
 * it refuses for half a second.
 */
export const QUIET_MS = 800;

/** The longest time that the names of a relay are waited for. */
export const NAMES_MS = 10_000;

/** Names of one relay; what comes behind is left out, which is said. */
export const MAX_NAMES = 100_000;

/** The most characters of another program's words that are shown. */
export const MAX_SAID = 300;

/** How often progress is written to a terminal, in milliseconds. */
export const PROGRESS_MS = 1_000;

/** How often progress is written where nobody sees it at once, in milliseconds. */
export const LOGGED_PROGRESS_MS = 10_000;

/** The longest `--retry`, in milliseconds: a month. */
export const MAX_RETRY_MS = 2_592_000_000;

/** The longest wait before a lost session is called again for the first time, and before any later time. */
export const RETRY_FIRST_MS = 500;
export const RETRY_MOST_MS = 5_000;

/** How long a session must have lasted until waits and `--retry` begin anew. */
export const HEALTHY_MS = 10_000;

/** How long a call beside a session by which nothing comes may take. */
export const BESIDE_CONNECT_MS = 2_500;

/** How long a session is kept beside the one that takes its place, until something comes by that one. */
export const RETIRE_MS = 1_000;
