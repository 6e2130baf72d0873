/** Bytes that are no media: an object that its container cannot be read from. */
export class MediaError extends Error {
  override readonly name = "MediaError";
}
