import type { ByteWriter } from "../../bytes.ts";

/** How a control message says how long it is. */
export interface LengthFormat {
  /** How many bytes the length takes that begins with this one. */
  sizeFrom(first: number): number;
  /** Reads the length at `at`; the caller knows that all its bytes are there. */
  read(bytes: Uint8Array, at: number): number;
  write(writer: ByteWriter, length: number): void;
}

/** Two bytes, big-endian: every draft up to 22. */
export const u16Length: LengthFormat = {
  sizeFrom: () => 2,
  read: (bytes, at) => (bytes[at]! << 8) | bytes[at + 1]!,
  write: (writer, length) => writer.u16(length),
};
