import { decode, type DecodeOptions, Tagged, Tokenizer } from "cborg";
import { MAX_CBOR_DEPTH } from "../limits.ts";

/**
 * Reads one value of CBOR that fills the bytes; throws for whatever two readers could understand
 * differently, and for what is deeper than any token. Maps become Map.
 */
export function readCbor(bytes: Uint8Array): unknown {
  return decode(bytes, { ...OPTIONS, tokenizer: new ShallowTokenizer(bytes, OPTIONS) });
}

/** Tags that may come: COSE_Mac0, COSE_Sign1, CWT. */
const TAGS = [17, 18, 61];

const OPTIONS: DecodeOptions = {
  useMaps: true,
  rejectDuplicateMapKeys: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  tags: Object.fromEntries(TAGS.map((tag) => [tag, Tagged.decoder(tag)])),
};

/** Counts how deep it is: each value that holds others waits for as many as it says. */
class ShallowTokenizer extends Tokenizer {
  readonly #open: number[] = [];

  override next(): ReturnType<Tokenizer["next"]> {
    const token = super.next();
    const { name } = token.type;
    while (this.#open.length > 0 && this.#open.at(-1) === 0) this.#open.pop();
    if (this.#open.length > 0) this.#open[this.#open.length - 1]!--;
    const held = name === "array"
      ? token.value
      : name === "map"
      ? token.value * 2
      : name === "tag"
      ? 1
      : 0;
    if (held > 0) this.#open.push(held);
    if (this.#open.length > MAX_CBOR_DEPTH) throw new Error("it is too deep");
    return token;
  }
}
