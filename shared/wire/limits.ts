/** Limits of the formats, each with the draft's section or the reason. */

/** #moq-control-messages: the length of a control message is 16 bits. */
export const MAX_MESSAGE_BYTES = 65_535;

/** #track-name: fields of a namespace or a prefix of one. */
export const MAX_NAMESPACE_FIELDS = 32;

/** #track-name: the fields of a namespace and the track's name, together. */
export const MAX_FULL_TRACK_NAME_BYTES = 4_096;

/** #reason-phrase. */
export const MAX_REASON_BYTES = 1_024;

/** #message-goaway: the URI of a GOAWAY; redirects have the same limit here. */
export const MAX_URI_BYTES = 8_192;

/** #moq-key-value-pair: the value of an odd type. */
export const MAX_PAIR_VALUE_BYTES = 65_535;

/** Pairs in one block: far more than any known sender uses, few enough for memory. */
export const MAX_PAIRS = 256;

/** Versions in one CLIENT_SETUP: more than there are drafts with such a list. */
export const MAX_OFFERED_VERSIONS = 64;

/** Parameters in one message; each type except tokens is allowed once. */
export const MAX_PARAMETERS = 64;

/** A relay's name in mesh parameters: what a file name or a DNS name may have. */
export const MAX_RELAY_NAME_BYTES = 255;

/** Relays on the path of a request or track: a useful mesh is not deeper. */
export const MAX_RELAY_HOPS = 32;

/** A track's source in mesh parameters: a relay's name, and numbers that identify the session. */
export const MAX_SOURCE_BYTES = 320;

/** A scope's key, which is a path, in mesh parameters. */
export const MAX_SCOPE_BYTES = 2_048;

/** A trace context in W3C's form for HTTP headers: 55 bytes today, with room for later versions. */
export const MAX_TRACE_CONTEXT_BYTES = 256;

/**
 * The properties of one object. An object is forwarded only with complete properties, so they are
 * buffered.
 */
export const MAX_OBJECT_PROPERTIES_BYTES = 65_536;

/**
 * Object ids are JavaScript numbers on the hot path, exact up to this value. A stream with a larger
 * id is stopped, which costs that subgroup's objects only.
 */
export const MAX_OBJECT_ID = Number.MAX_SAFE_INTEGER;
