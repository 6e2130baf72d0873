/** Error codes of HTTP/3 (RFC 9114), QPACK (RFC 9204) and WebTransport over HTTP/3. */
export const Http3Code = {
  noError: 0x100,
  internalError: 0x102,
  streamCreationError: 0x103,
  closedCriticalStream: 0x104,
  frameUnexpected: 0x105,
  frameError: 0x106,
  excessiveLoad: 0x107,
  idError: 0x108,
  settingsError: 0x109,
  missingSettings: 0x10a,
  requestRejected: 0x10b,
  requestIncomplete: 0x10d,
  messageError: 0x10e,
  qpackDecompressionFailed: 0x200,
  bufferedStreamRejected: 0x3994bd84,
} as const;

/**
 * A protocol violation by the peer; closes the connection with this code. Stays within this folder.
 */
export class Http3Error extends Error {
  override readonly name = "Http3Error";
  readonly code: number;

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const FIRST_APPLICATION_CODE = 0x52e4a40fa8db;
const LAST_APPLICATION_CODE = 0x52e5ac983162;
// Every 31st code of the range is reserved for GREASE, so 30 application codes take 31 numbers.
const STEP = 0x1f;

/** Maps a 32-bit application code to its HTTP/3 code (webtrans-http3, #resetting-data-streams). */
export function toHttp3Code(code: number): number {
  return FIRST_APPLICATION_CODE + code + Math.floor(code / (STEP - 1));
}

/** Maps an HTTP/3 code to its application code; 0 when it is outside the range. */
export function fromHttp3Code(code: number): number {
  if (code < FIRST_APPLICATION_CODE || code > LAST_APPLICATION_CODE) return 0;
  const shifted = code - FIRST_APPLICATION_CODE;
  return shifted % STEP === STEP - 1 ? 0 : shifted - Math.floor(shifted / STEP);
}
