/** The kind of a decoding error. */
export type DecodeFault =
  /** The bytes end too early. On a stream: wait for more. In a message, whose length is known: malformed. */
  | "short"
  /** The bytes break the format. */
  | "malformed"
  /** A key-value pair of a known type holds a value of the wrong form. */
  | "key_value"
  /** An authorization token that is not one. */
  | "token"
  /** An object id that the format can carry and we do not count, see MAX_OBJECT_ID. */
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

/** A value that the format cannot carry: a mistake of the caller, never of a peer. */
export class EncodeError extends Error {
  override readonly name = "EncodeError";
}
