/** Bytes of one token: a few claims and a signature are under one KiB, and a URL is not longer. */
export const MAX_TOKEN_BYTES = 8_192;

/** Tokens that a session may show when it comes, and again that one request may bring. */
export const MAX_TOKENS = 8;

/** Prefixes that one token may name: each is compared for every request. */
export const MAX_PREFIXES = 256;

/** Characters of an id, a subject or a tenant in a token: they are written into logs. */
export const MAX_ID_CHARACTERS = 128;

/** Keys that tokens may be signed with, of all files and URLs together. */
export const MAX_KEYS = 256;

/** Keys that a token without a key id is tried with. */
export const MAX_KEYS_TRIED = 16;

/** Bytes of a secret for HMAC: shorter ones can be guessed (RFC 7518, 3.2). */
export const MIN_SECRET_BYTES = 32;

/** Bytes of one file or answer with keys. */
export const MAX_KEY_BYTES = 262_144;

/** How deep the CBOR of a token may be: a CWT with matches of names has six levels. */
export const MAX_CBOR_DEPTH = 16;

/** Matches of one scope of a CAT: no namespace has more fields (#track-namespace). */
export const MAX_NAMESPACE_MATCHES = 32;

/** The shortest `moqt-reval` of a token, in milliseconds: those that want more are refused. */
export const MIN_REVALIDATION_MS = 1_000;

/** How long after nobody answered the next question follows whether a policy holds, in milliseconds. */
export const RENEWAL_RETRY_MS = 1_000;

/** How long a URL may take to answer with keys, in milliseconds. */
export const KEY_FETCH_TIMEOUT_MS = 5_000;

/**
 * How long after a token with an unknown key made the relay look for keys no other one does, in
 * milliseconds: anybody can name keys that never were.
 */
export const KEY_MISS_PAUSE_MS = 10_000;

/**
 * The longest sleep until a right ends, in milliseconds: the clock of the machine may be corrected
 * meanwhile, by which tokens expire.
 */
export const MAX_SLEEP_MS = 60_000;

/**
 * Tokens of all sessions whose signatures are known to be good, and are not verified again; each is as
 * large as its claims. The oldest go first.
 */
export const MAX_KNOWN_SIGNATURES = 1_000;

/** Verified tokens that a session keeps, so that an alias is not verified at each use. */
export const MAX_VERIFIED_TOKENS = 16;

/**
 * The longest that one proof of a relay's name may be good, in milliseconds: who is no relay any more is
 * none after this.
 */
export const MAX_RELAY_TOKEN_MS = 86_400_000;

/**
 * Proofs of one relay that are remembered, so that none is taken twice: a link shows a few in the
 * lifetime of one, and another one for each time that it was broken.
 */
export const MAX_SHOWN_PROOFS = 256;

/** Relays whose proofs are remembered. */
export const MAX_SHOWN_RELAYS = 1_024;

/** Keys of controllers that a relay knows: those of today, and those before a change. */
export const MAX_CONTROLLER_KEYS = 16;

/** How soon a relay asks its controller again who it is when that did not say, in milliseconds. */
export const IDENTITY_RETRY_MS = 1_000;

/** How long a link waits at most until a controller says who this relay is, in milliseconds. */
export const IDENTITY_WAIT_MS = 3_000;

/**
 * How often a relay asks its controller, in milliseconds, because others show what an unknown one
 * said: anybody can.
 */
export const IDENTITY_MISS_PAUSE_MS = 5_000;

/**
 * Tokens of one session that were no good, behind which none is verified: each costs a signature. Those
 * that were good and have expired are not among them.
 */
export const MAX_REFUSED_TOKENS = 64;

/** Revocations that are kept: each is a few hundred bytes. Further ones are left out and counted. */
export const MAX_REVOCATIONS = 200_000;

/** Policies of tenants that are kept. Further ones are left out and counted. */
export const MAX_POLICIES = 50_000;

/** Kicks that are remembered, since a controller may tell one twice. */
export const MAX_KICKS_KNOWN = 1_000;

/**
 * How far the clocks of relay and controller may be apart when a revoked session is told from one that
 * got its number after a restart, in milliseconds.
 */
export const SESSION_SKEW_MS = 10_000;

/** Bytes of one answer of a hook: claims of a token. */
export const MAX_HOOK_ANSWER_BYTES = 65_536;

/** The shortest time that a hook may allow something for, in milliseconds: it is asked that often. */
export const MIN_HOOK_LIFETIME_MS = 1_000;

/** The longest time that a hook is not asked again, in milliseconds. */
export const MAX_HOOK_LIFETIME_MS = 86_400_000;

/** How long a hook's refusal counts, in milliseconds: a client tries again at once, and often. */
export const HOOK_REFUSAL_MS = 2_000;

/** Answers of a hook that are kept, for as long as they count: as many as there may be sessions. */
export const MAX_HOOK_ANSWERS = 10_000;

/** Questions that a hook is asked at once. */
export const MAX_HOOK_REQUESTS = 32;

/** Questions that wait for their turn: a hook that is slow must not fill the memory. */
export const MAX_HOOK_WAITING = 1_024;

/** Those of one address among them: who shows many tokens must not take the turns of everybody. */
export const MAX_WAITING_PER_ADDRESS = 128;

/**
 * Addresses whose questions a hook failed with in a row, behind which it is not asked for a while: one
 * client can have tokens that a hook fails with, and keeps nobody else out by them.
 */
export const HOOK_FAILURES = 5;

/**
 * For how long, in milliseconds; then as many addresses try, once in this time each, whether it answers
 * again.
 */
export const HOOK_PAUSE_MS = 5_000;

/** Milliseconds between two looks at what tenants use. */
export const USAGE_LOOK_MS = 1_000;

/** Looks that bits per second are averaged over, so that a large picture makes no peak. */
export const USAGE_LOOKS = 5;

/** How long a tenant may use more than its policy says before requests are ended, in milliseconds. */
export const QUOTA_GRACE_MS = 10_000;
