/** Limits of moq-lite's formats, each with the reason. */

import {
  MAX_FULL_TRACK_NAME_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_NAMESPACE_FIELDS,
  MAX_RELAY_HOPS,
} from "../limits.ts";

/** The body of a message. The texts have no limit; this is MoQT's, far above any known message. */
export const MAX_LITE_MESSAGE_BYTES = MAX_MESSAGE_BYTES;

/** A broadcast's path, a prefix or suffix of one, or a track's name: what a full name has in MoQT. */
export const MAX_LITE_NAME_BYTES = MAX_FULL_TRACK_NAME_BYTES;

/** Parts of a broadcast's path: as many as a namespace has fields. */
export const MAX_LITE_PATH_PARTS = MAX_NAMESPACE_FIELDS;

/** Hop ids of one announcement; the mesh has the same limit, and so has moq-dev. */
export const MAX_LITE_HOPS = MAX_RELAY_HOPS;

/** Parameters of a SETUP: five are known, and moq-dev refuses more than these. */
export const MAX_LITE_SETUP_PARAMETERS = 64;

/** The path and query of a client's SETUP, in which a deployment may have its token. */
export const MAX_LITE_SETUP_PATH_BYTES = 8_192;

/**
 * Routes that one announce stream may have at once, so that a reader of it has an end. A scope's own
 * limits are lower.
 */
export const MAX_LITE_ANNOUNCEMENTS = 65_536;

/** A datagram's body (draft 05, "Datagrams"). */
export const MAX_LITE_DATAGRAM_BYTES = 1_200;

/** No header of a frame is longer: the timestamp's difference and the payload's length. */
export const MAX_FRAME_HEADER_BYTES = 8 + 8;
