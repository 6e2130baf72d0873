/** What an object of the bench says of itself. */
export interface Stamp {
  /** The number of the object in its track. */
  readonly number: number;
  /** When it was sent, in milliseconds of the sender's clock. */
  readonly sentAt: number;
}

/** The bytes of a stamp. */
export const STAMP_BYTES = 20;

// So that nothing else is taken for an object of this run.
const MARK = 0x71756d6f;

/** Writes a stamp over the beginning of a payload. */
export function writeStamp(payload: Uint8Array, { number, sentAt }: Stamp): void {
  const view = new DataView(payload.buffer, payload.byteOffset, STAMP_BYTES);
  view.setUint32(0, MARK);
  view.setFloat64(4, number);
  view.setFloat64(12, sentAt);
}

/** The stamp of a payload; undefined when it has none. */
export function readStamp(payload: Uint8Array): Stamp | undefined {
  if (payload.length < STAMP_BYTES) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, STAMP_BYTES);
  if (view.getUint32(0) !== MARK) return undefined;
  return { number: view.getFloat64(4), sentAt: view.getFloat64(12) };
}
