import { ByteReader, ByteWriter } from "../../bytes.ts";
import type { Codec } from "../../codec.ts";
import { DecodeError } from "../../errors.ts";
import { type Pair, pairs, type PairsForm, pairsOf } from "../../pairs.ts";
import { decodeWhole, type VarintFormat } from "../../varint.ts";
import { MAX_RELAY_NAME_BYTES } from "../../limits.ts";
import { HOP_ID, RELAY_COST, RELAY_HOPS } from "../cluster.ts";
import { MESH_CUTS, MESH_OPTION } from "../mesh.ts";
import type { SetupOptions } from "../model/setup_options.ts";
import type { Token } from "../model/token.ts";
import { token } from "./token.ts";

const PATH = 0x01n;
const MAX_REQUEST_ID = 0x02n;
const AUTHORIZATION_TOKEN = 0x03n;
const MAX_AUTH_TOKEN_CACHE_SIZE = 0x04n;
const AUTHORITY = 0x05n;
const MAX_FILTER_RANGES = 0x06n;
const IMPLEMENTATION = 0x07n;
const MAX_REQUEST_UPDATES = 0x08n;
const SOLICIT = 0x40b5an;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The options of SETUP, up to the end of the message. Their numbers are the same in every draft. */
export const setupOptions: Codec<SetupOptions> = {
  encode: (writer, options) => pairs.encode(writer, asPairs(options, writer.format)),
  decode: (reader) => optionsOf(pairs.decode(reader), reader.format),
};

/** The parameters of CLIENT_SETUP and SERVER_SETUP: the same, counted, and one of these drafts' own. */
export function setupParameters(types: PairsForm["types"]): Codec<SetupOptions> {
  const counted = pairsOf({ types, isCounted: true });
  return {
    encode: (writer, options) => counted.encode(writer, asPairs(options, writer.format)),
    decode(reader) {
      const list = counted.decode(reader);
      const maxRequestId = onlyOne(list, MAX_REQUEST_ID) as bigint | undefined;
      const options = optionsOf(list, reader.format);
      return { ...options, ...(maxRequestId !== undefined && { maxRequestId }) };
    },
  };
}

/** The options as pairs, in the order of the wire. */
function asPairs(options: SetupOptions, format: VarintFormat): readonly Pair[] {
  const list: Pair[] = [];
  const add = (type: bigint, value: bigint | Uint8Array | undefined) => {
    if (value !== undefined) list.push({ type, value });
  };
  add(PATH, options.path === undefined ? undefined : encoder.encode(options.path));
  add(MAX_REQUEST_ID, options.maxRequestId);
  for (const value of options.authorizationTokens ?? []) {
    add(AUTHORIZATION_TOKEN, encodeToken(value, format));
  }
  add(MAX_AUTH_TOKEN_CACHE_SIZE, options.maxAuthTokenCacheSize);
  add(AUTHORITY, options.authority === undefined ? undefined : encoder.encode(options.authority));
  add(MAX_FILTER_RANGES, options.maxFilterRanges);
  add(
    IMPLEMENTATION,
    options.implementation === undefined ? undefined : encoder.encode(options.implementation),
  );
  add(MAX_REQUEST_UPDATES, options.maxRequestUpdates);
  // Each version of the extension ignores the other's.
  add(HOP_ID, options.relayHops);
  add(
    RELAY_HOPS,
    options.relayHops === undefined ? undefined : encodeHopId(options.relayHops, format),
  );
  add(RELAY_COST, options.relayCost);
  add(SOLICIT, options.solicit === undefined ? undefined : options.solicit ? 1n : 0n);
  add(
    MESH_OPTION,
    options.relayName === undefined ? undefined : encoder.encode(options.relayName),
  );
  add(MESH_CUTS, options.takesCuts === undefined ? undefined : options.takesCuts ? 1n : 0n);
  return list;
}

function encodeToken(value: Token, format: VarintFormat): Uint8Array {
  const writer = new ByteWriter(format);
  token.encode(writer, value);
  return writer.finish();
}

/** The hop id stands in bytes, since the type is odd. */
function encodeHopId(value: bigint, format: VarintFormat): Uint8Array {
  const writer = new ByteWriter(format);
  writer.varint(value);
  return writer.finish();
}

function decodeHopId(value: Uint8Array, format: VarintFormat): bigint {
  try {
    return decodeWhole(value, format);
  } catch {
    throw new DecodeError("key_value", "Setup option RELAY_HOPS holds no integer");
  }
}

function onlyOne(list: readonly Pair[], type: bigint): Pair["value"] | undefined {
  const found = list.filter((pair) => pair.type === type);
  if (found.length > 1) {
    throw new DecodeError("malformed", `Setup option 0x${type.toString(16)} comes twice`);
  }
  return found[0]?.value;
}

/** What the pairs say; unknown ones are ignored, known ones may not come twice. */
function optionsOf(list: readonly Pair[], format: VarintFormat): SetupOptions {
  const number = (type: bigint) => onlyOne(list, type) as bigint | undefined;
  const bytes = (type: bigint) => onlyOne(list, type) as Uint8Array | undefined;
  const text = (type: bigint) => {
    const value = bytes(type);
    return value === undefined ? undefined : decoder.decode(value);
  };
  const path = text(PATH);
  const maxAuthTokenCacheSize = number(MAX_AUTH_TOKEN_CACHE_SIZE);
  const authority = text(AUTHORITY);
  const implementation = text(IMPLEMENTATION);
  const maxRequestUpdates = number(MAX_REQUEST_UPDATES);
  const maxFilterRanges = number(MAX_FILTER_RANGES);
  const solicit = number(SOLICIT);
  const hopBytes = bytes(RELAY_HOPS);
  const relayHops = number(HOP_ID) ?? (hopBytes && decodeHopId(hopBytes, format));
  const relayCost = number(RELAY_COST);
  const relayName = text(MESH_OPTION);
  const takesCuts = number(MESH_CUTS);
  if (relayName !== undefined && encoder.encode(relayName).length > MAX_RELAY_NAME_BYTES) {
    throw new DecodeError("key_value", "Setup option MESH holds no relay's name");
  }
  return {
    ...(path !== undefined && { path }),
    ...(authority !== undefined && { authority }),
    ...(implementation !== undefined && { implementation }),
    ...(maxRequestUpdates !== undefined && { maxRequestUpdates }),
    ...(maxFilterRanges !== undefined && { maxFilterRanges }),
    ...(solicit !== undefined && { solicit: solicit !== 0n }),
    ...(relayHops !== undefined && { relayHops }),
    ...(relayCost !== undefined && { relayCost }),
    ...(relayName !== undefined && { relayName }),
    ...(takesCuts !== undefined && { takesCuts: takesCuts !== 0n }),
    ...(maxAuthTokenCacheSize !== undefined && { maxAuthTokenCacheSize }),
    authorizationTokens: list
      .filter(({ type }) => type === AUTHORIZATION_TOKEN)
      .map(({ value }) => token.decode(new ByteReader(value as Uint8Array, format))),
  };
}
