import assert from "node:assert/strict";
import { QmuxCode, QmuxError } from "./codes.ts";
import { decodeParameters, encodeParameters } from "./parameters.ts";

const NOTHING = decodeParameters(new Uint8Array());

Deno.test("what a peer does not declare has its default", () => {
  assert.deepEqual(NOTHING, {
    maxIdleTimeout: 0,
    maxData: 0,
    maxStreamDataBidiLocal: 0,
    maxStreamDataBidiRemote: 0,
    maxStreamDataUni: 0,
    maxStreamsBidi: 0,
    maxStreamsUni: 0,
    maxDatagramFrame: 0,
    maxRecordSize: 16_382,
  });
  assert.equal(encodeParameters(NOTHING).length, 0);
});

Deno.test("every parameter is read as it was written", () => {
  const all = {
    maxIdleTimeout: 1,
    maxData: 2 ** 40,
    maxStreamDataBidiLocal: 3,
    maxStreamDataBidiRemote: 400,
    maxStreamDataUni: 50_000,
    maxStreamsBidi: 6,
    maxStreamsUni: 7,
    maxDatagramFrame: 65_535,
    maxRecordSize: 65_535,
  };
  assert.deepEqual(decodeParameters(encodeParameters(all)), all);
});

Deno.test("unknown parameters are ignored, also twice, and those of known extensions", () => {
  // GREASE, reset_stream_at, grease_quic_bit.
  assert.deepEqual(decode("1b 01 00 1b 02 ffff 1d 00 6ab2 00"), NOTHING);
});

Deno.test("parameters that QUIC has and QMux forbids, or that are malformed, are refused", () => {
  const cases: Readonly<Record<string, string>> = {
    "original_destination_connection_id": "00 00",
    "stateless_reset_token": "02 00",
    "max_udp_payload_size": "03 02 45dc",
    "ack_delay_exponent": "0a 01 03",
    "max_ack_delay": "0b 01 19",
    "disable_active_migration": "0c 00",
    "preferred_address": "0d 00",
    "active_connection_id_limit": "0e 01 02",
    "initial_source_connection_id": "0f 00",
    "retry_source_connection_id": "10 00",
    "one twice": "04 01 00 04 01 00",
    "a value that is no integer": "04 02 00 00",
    "a value that is empty": "04 00",
    "a value that is cut short": "04 04 80",
    "an id without a value": "04",
    "a record size below the default": "c571c59429cd0845 02 7ffd",
    "more streams than can be counted": "08 08 d000000000000001",
  };
  for (const [name, hex] of Object.entries(cases)) {
    assert.throws(() => decode(hex), (error) => {
      assert(error instanceof QmuxError, name);
      return error.code === QmuxCode.transportParameterError;
    }, name);
  }
});

function decode(hex: string) {
  return decodeParameters(Uint8Array.fromHex(hex.replaceAll(" ", "")));
}
