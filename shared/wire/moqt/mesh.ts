import { type Codec, text } from "../codec.ts";
import { EncodeError } from "../errors.ts";
import {
  MAX_RELAY_HOPS,
  MAX_RELAY_NAME_BYTES,
  MAX_SCOPE_BYTES,
  MAX_SOURCE_BYTES,
  MAX_TRACE_CONTEXT_BYTES,
} from "../limits.ts";

/*
 * What our relays say to each other beyond the drafts, on sessions in which both sides named
 * themselves in SETUP. The cluster draft puts the path of an announcement into the announcement; our
 * relays learn announcements from the controller, so that the path has to travel with the request
 * and with its answer. The numbers are private: "qum" and a counter.
 */

/** Setup option: the sender is a relay, of this name. Odd, so that the value is bytes. */
export const MESH_OPTION = 0x71756d01n;

/** Parameter types, in ascending order. */
export const MESH_SCOPE = 0x71756d02n;
export const MESH_HOPS = 0x71756d03n;
export const MESH_TRACE = 0x71756d04n;

/** Message type: the path of a track that is being sent has changed. */
export const MESH_PATH = 0x71756d05n;

/**
 * Setup option: the sender takes a data stream that ends within an object, or an object's header, for
 * one that was reset. Even, so that the value is an integer, and not 0.
 */
export const MESH_CUTS = 0x71756d06n;

/** Parameter type: the publisher of a subscription's objects, the same over every path. */
export const MESH_SOURCE = 0x71756d07n;

/** Code of PUBLISH_DONE: another publisher took over the name, and the track begins anew. */
export const MESH_REPLACED = 0x71756d08;

const relayName = text(MAX_RELAY_NAME_BYTES, "a relay's name");

/** Names of relays, in order. */
export const relayNames: Codec<readonly string[]> = {
  encode(writer, value) {
    if (value.length > MAX_RELAY_HOPS) {
      throw new EncodeError(`Cannot encode ${value.length} hops, the limit is ${MAX_RELAY_HOPS}`);
    }
    writer.count(value.length);
    for (const name of value) relayName.encode(writer, name);
  },
  decode(reader) {
    const count = reader.count(MAX_RELAY_HOPS, "The number of hops");
    return Array.from({ length: count }, () => relayName.decode(reader));
  },
};

/** The scope that a request between relays is about. */
export const meshScope: Codec<string> = text(MAX_SCOPE_BYTES, "a scope");

/** Whose objects a subscription brings. */
export const meshSource: Codec<string> = text(MAX_SOURCE_BYTES, "a source");

/** The trace that a request belongs to. */
export const meshTrace: Codec<string> = text(MAX_TRACE_CONTEXT_BYTES, "a trace's context");
