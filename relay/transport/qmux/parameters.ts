import { rfc9000 } from "@qumo/shared/wire";
import { ByteCursor } from "./byte_cursor.ts";
import { QmuxCode, QmuxError } from "./codes.ts";
import { MAX_RECORD_SIZE } from "./limits.ts";

/** What an endpoint declares once, before anything else (qmux, #transport-parameters). */
export interface TransportParameters {
  /** Milliseconds without a record after which the endpoint gives up; 0 for never. */
  readonly maxIdleTimeout: number;
  readonly maxData: number;
  /** For bidirectional streams that the endpoint opens. */
  readonly maxStreamDataBidiLocal: number;
  /** For bidirectional streams that its peer opens. */
  readonly maxStreamDataBidiRemote: number;
  readonly maxStreamDataUni: number;
  readonly maxStreamsBidi: number;
  readonly maxStreamsUni: number;
  /** Bytes of a DATAGRAM frame; 0 for none. */
  readonly maxDatagramFrame: number;
  readonly maxRecordSize: number;
}

type Name = keyof TransportParameters;

const IDS: readonly (readonly [id: bigint, name: Name])[] = [
  [0x01n, "maxIdleTimeout"],
  [0x04n, "maxData"],
  [0x05n, "maxStreamDataBidiLocal"],
  [0x06n, "maxStreamDataBidiRemote"],
  [0x07n, "maxStreamDataUni"],
  [0x08n, "maxStreamsBidi"],
  [0x09n, "maxStreamsUni"],
  [0x20n, "maxDatagramFrame"],
  [0x0571c59429cd0845n, "maxRecordSize"],
];

const NAMES: ReadonlyMap<bigint, Name> = new Map(IDS);

const DEFAULTS: TransportParameters = {
  maxIdleTimeout: 0,
  maxData: 0,
  maxStreamDataBidiLocal: 0,
  maxStreamDataBidiRemote: 0,
  maxStreamDataUni: 0,
  maxStreamsBidi: 0,
  maxStreamsUni: 0,
  maxDatagramFrame: 0,
  maxRecordSize: MAX_RECORD_SIZE,
};

/** The parameters of QUIC that make no sense over a byte stream (qmux, #permitted-tps). */
const FORBIDDEN: ReadonlySet<bigint> = new Set([
  0x00n,
  0x02n,
  0x03n,
  0x0an,
  0x0bn,
  0x0cn,
  0x0dn,
  0x0en,
  0x0fn,
  0x10n,
]);

/** A stream limit above it could not be counted (RFC 9000, section 4.6). */
const MOST_STREAMS = 2n ** 60n;

/** The parameters, without the ones that have their defaults. */
export function encodeParameters(parameters: TransportParameters): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  const append = (value: bigint) => {
    const integer = new Uint8Array(rfc9000.sizeOf(value));
    rfc9000.write(integer, 0, value);
    bytes.push(...integer);
  };
  for (const [id, name] of IDS) {
    if (parameters[name] === DEFAULTS[name]) continue;
    const value = BigInt(parameters[name]);
    append(id);
    append(BigInt(rfc9000.sizeOf(value)));
    append(value);
  }
  return Uint8Array.from(bytes);
}

/** Decodes what the peer declares; unknown parameters are ignored. Throws a {@linkcode QmuxError}. */
export function decodeParameters(bytes: Uint8Array): TransportParameters {
  const cursor = new ByteCursor(bytes, QmuxCode.transportParameterError);
  const found: Record<Name, number> = { ...DEFAULTS };
  const seen = new Set<bigint>();
  while (cursor.remaining > 0) {
    const id = cursor.big();
    const value = cursor.bytes(cursor.exact("the length of a parameter"));
    const name = NAMES.get(id);
    if (FORBIDDEN.has(id)) throw refusal(`parameter ${id} is forbidden`);
    if (name === undefined) continue;
    if (seen.has(id)) throw refusal(`parameter ${id} comes twice`);
    seen.add(id);
    found[name] = valueOf(name, value);
  }
  return found;
}

function valueOf(name: Name, bytes: Uint8Array): number {
  const first = bytes[0];
  if (first === undefined || rfc9000.lengthFrom(first) !== bytes.length) {
    throw refusal(`${name} is not one integer`);
  }
  const value = rfc9000.read(bytes, 0);
  if (name === "maxRecordSize" && value < BigInt(MAX_RECORD_SIZE)) {
    throw refusal(`a maximum record size of ${value} is too small`);
  }
  if (name.startsWith("maxStreams") && value > MOST_STREAMS) {
    throw refusal(`${value} streams are too many`);
  }
  return Number(value);
}

function refusal(reason: string): QmuxError {
  return new QmuxError(QmuxCode.transportParameterError, reason);
}
