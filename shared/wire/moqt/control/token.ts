import type { ByteReader } from "../../bytes.ts";
import type { Codec } from "../../codec.ts";
import { DecodeError } from "../../errors.ts";
import type { Token } from "../model/token.ts";

const DELETE = 0x0n;
const REGISTER = 0x1n;
const USE_ALIAS = 0x2n;
const USE_VALUE = 0x3n;

/** A token, which fills the whole of its field. Every fault in it is a fault of the token. */
export const token: Codec<Token> = {
  encode(writer, value) {
    switch (value.alias) {
      case "delete":
        writer.varint(DELETE);
        return writer.varint(value.id);
      case "register":
        writer.varint(REGISTER);
        writer.varint(value.id);
        writer.varint(value.type);
        return writer.bytes(value.value);
      case "use":
        writer.varint(USE_ALIAS);
        return writer.varint(value.id);
      case "none":
        writer.varint(USE_VALUE);
        writer.varint(value.type);
        return writer.bytes(value.value);
    }
  },
  decode(reader) {
    try {
      const value = decodeToken(reader);
      reader.end("a token");
      return value;
    } catch (error) {
      if (error instanceof DecodeError) throw new DecodeError("token", error.message);
      throw error;
    }
  },
};

function decodeToken(reader: ByteReader): Token {
  const type = reader.varint();
  switch (type) {
    case DELETE:
      return { alias: "delete", id: reader.varint() };
    case REGISTER:
      return {
        alias: "register",
        id: reader.varint(),
        type: reader.varint(),
        value: reader.rest(),
      };
    case USE_ALIAS:
      return { alias: "use", id: reader.varint() };
    case USE_VALUE:
      return { alias: "none", type: reader.varint(), value: reader.rest() };
    default:
      throw new DecodeError("token", `Token alias type ${type} does not exist`);
  }
}
