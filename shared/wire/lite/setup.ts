import { ByteReader, type ByteWriter } from "../bytes.ts";
import { type Codec, type ValueOf, varint } from "../codec.ts";
import { DecodeError, EncodeError } from "../errors.ts";
import { decodeWhole, rfc9000 } from "../varint.ts";
import { type Layout, message, utf8 } from "./layout.ts";
import {
  MAX_LITE_MESSAGE_BYTES,
  MAX_LITE_SETUP_PARAMETERS,
  MAX_LITE_SETUP_PATH_BYTES,
} from "./limits.ts";
import type { LiteRole, LiteSetup } from "./messages.ts";

/** A parameter's value, without the length that every parameter has. */
interface Parameter<T> {
  readonly id: bigint;
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

type Parameters = { readonly [K in keyof LiteSetup]?: Parameter<NonNullable<LiteSetup[K]>> };

const encoder = new TextEncoder();

function integer<T>(
  id: bigint,
  { to, from }: { to(value: T): bigint; from(value: bigint): T },
): Parameter<T> {
  return {
    id,
    encode(value) {
      const bytes = new Uint8Array(rfc9000.sizeOf(to(value)));
      rfc9000.write(bytes, 0, to(value));
      return bytes;
    },
    decode: (bytes) => from(decodeWhole(bytes, rfc9000)),
  };
}

const same = { to: (value: bigint) => value, from: (value: bigint) => value };

/** What is above "increase" includes it. */
const MAX_PROBE = 2n;
const probe = integer<number>(1n, {
  to: BigInt,
  from: (level) => Number(level > MAX_PROBE ? MAX_PROBE : level),
});

const path: Parameter<string> = {
  id: 2n,
  encode(value) {
    const bytes = encoder.encode(value);
    if (bytes.length > MAX_LITE_SETUP_PATH_BYTES) {
      throw new EncodeError(`Cannot encode a path of ${bytes.length} bytes`);
    }
    return bytes;
  },
  decode(bytes) {
    if (bytes.length > MAX_LITE_SETUP_PATH_BYTES) {
      throw new DecodeError("malformed", `A path of ${bytes.length} bytes`);
    }
    return utf8(bytes, "The path");
  },
};

const ROLES: readonly (LiteRole | undefined)[] = [undefined, "publisher", "subscriber"];
/** A role that is not known is both (06, "Role Parameter"). */
const role = integer<LiteRole | undefined>(3n, {
  to: (value) => BigInt(ROLES.indexOf(value)),
  from: (value) => value < ROLES.length ? ROLES[Number(value)] : undefined,
}) as Parameter<LiteRole>;

const cost = integer(4n, same);
/** 0 names nobody (06, "Hop Parameter"). */
const hop = integer<bigint | undefined>(5n, {
  to: (value) => value!,
  from: (value) => value === 0n ? undefined : value,
}) as Parameter<bigint>;

/** The parameters of draft 05. */
export const firstParameters: Parameters = { probe, path };
/** The parameters of draft 06. */
export const allParameters: Parameters = { probe, path, role, cost, hop };

/** SETUP with the parameters that a version has; others are skipped. */
export function setupMessage(parameters: Parameters): Layout<LiteSetup> {
  const rows = Object.entries(parameters) as [keyof LiteSetup, Parameter<unknown>][];
  const known = new Map(rows.map(([key, row]) => [row.id, [key, row] as const]));
  const body: Codec<LiteSetup> = {
    encode(writer, setup) {
      const given = rows.filter(([key]) =>
        setup[key] !== undefined && (key !== "probe" || setup.probe > 0)
      );
      writer.count(given.length);
      for (const [key, row] of given) write(writer, row.id, row.encode(setup[key]));
    },
    decode(reader) {
      const setup: Record<string, unknown> = { probe: 0 };
      const seen = new Set<bigint>();
      const count = reader.count(MAX_LITE_SETUP_PARAMETERS, "The number of parameters");
      for (let index = 0; index < count; index++) {
        const { id, bytes } = read(reader);
        if (seen.has(id)) throw new DecodeError("key_value", `Parameter ${id} comes twice`);
        seen.add(id);
        const [key, row] = known.get(id) ?? [];
        if (key !== undefined) setup[key] = row!.decode(bytes);
      }
      return setup as unknown as LiteSetup;
    },
  };
  return message("SETUP", body);
}

function write(writer: ByteWriter, id: bigint, value: Uint8Array): void {
  writer.varint(id);
  writer.count(value.length);
  writer.bytes(value);
}

function read(reader: ByteReader): { id: ValueOf<typeof varint>; bytes: Uint8Array } {
  const id = reader.varint();
  const length = reader.count(MAX_LITE_MESSAGE_BYTES, "The length of a parameter");
  return { id, bytes: reader.bytes(length) };
}
