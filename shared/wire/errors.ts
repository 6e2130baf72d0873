/** The kinds of decoding errors. */
export type DecodeFault =
  /**
   * The bytes end too early. On a stream: wait for more. In a message, whose length is known:
   * malformed.
   */
  | "short"
  /** The bytes violate the format. */
  | "malformed"
  /** A key-value pair of a known type has a value of the wrong form. */
  | "key_value"
  /** A malformed authorization token. */
  | "token"
  /** An object id above MAX_OBJECT_ID, which the format allows and this implementation does not. */
  | "object_id";

/** The only error that decoding throws. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  readonly fault: DecodeFault;

  constructor(fault: DecodeFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** A value that the format cannot express: a mistake of the caller, never of a peer. */
export class EncodeError extends Error {
  override readonly name = "EncodeError";
}
