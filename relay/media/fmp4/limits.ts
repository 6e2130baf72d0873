/** Limits of MP4 that comes as a stream, each with its reason. */

/** Bytes of a moov or a moof, which are read whole: a fragment of minutes has less. */
export const MAX_HEADER_BOX_BYTES = 1_048_576;
