/** Limits of the formats, each with the place in the draft that sets it or the reason for ours. */

/** #moq-control-messages: the length of a control message is 16 bits. */
export const MAX_MESSAGE_BYTES = 65_535;

/** #track-name: fields of a namespace or a prefix of one. */
export const MAX_NAMESPACE_FIELDS = 32;

/** #track-name: the fields of a namespace and the track's name, together. */
export const MAX_FULL_TRACK_NAME_BYTES = 4_096;

/** #reason-phrase. */
export const MAX_REASON_BYTES = 1_024;

/** #message-goaway: the URI of a GOAWAY; we hold redirects to the same. */
export const MAX_URI_BYTES = 8_192;

/** #moq-key-value-pair: the value of an odd type. */
export const MAX_PAIR_VALUE_BYTES = 65_535;

/** Pairs in one block: far more than any known sender uses, few enough to keep in memory. */
export const MAX_PAIRS = 256;

/** Parameters in one message; each type may come once, tokens aside. */
export const MAX_PARAMETERS = 64;

/** The name of a relay in what relays say to each other: what a file's name or a DNS label chain may have. */
export const MAX_RELAY_NAME_BYTES = 255;

/** Relays that a request or a track went through: no mesh worth crossing is deeper. */
export const MAX_RELAY_HOPS = 32;

/** What relays call the source of a track: a relay's name, and numbers that tell its sessions apart. */
export const MAX_SOURCE_BYTES = 320;

/** The key of a scope, which is a path, in what relays say to each other. */
export const MAX_SCOPE_BYTES = 2_048;

/** A trace's context, in W3C's form for HTTP headers: 55 bytes today, and room for what may follow. */
export const MAX_TRACE_CONTEXT_BYTES = 256;

/** The properties of one object. They must be whole before the object can be forwarded, so they are buffered. */
export const MAX_OBJECT_PROPERTIES_BYTES = 65_536;

/**
 * Object ids are counted in doubles where every object passes; ids are exact up to here. A larger id
 * is refused by giving up its stream, which costs the objects of that subgroup and nothing else.
 */
export const MAX_OBJECT_ID = Number.MAX_SAFE_INTEGER;
