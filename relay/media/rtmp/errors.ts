/** Bytes that are not RTMP. */
export class RtmpError extends Error {
  override readonly name = "RtmpError";
}
