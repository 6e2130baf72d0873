/** The Huffman code of HPACK and QPACK (RFC 7541, section 5.2 and appendix B). */
import { Http3Code, Http3Error } from "../codes.ts";

/**
 * Decodes Huffman-coded bytes. Throws an {@linkcode Http3Error} for invalid padding and for EOS.
 */
export function decodeHuffman(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  // The shortest codes have five bits.
  const out = new Uint8Array(Math.floor(bytes.length * 8 / 5));
  let length = 0;
  let node = ROOT;
  let depth = 0;
  let onlyOnes = true;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const one = byte >> bit & 1;
      const next = TREE[node * 2 + one]!;
      depth++;
      onlyOnes &&= one === 1;
      if (next < 0) {
        const symbol = -1 - next;
        if (symbol === EOS) throw malformed("the end-of-string symbol");
        out[length++] = symbol;
        node = ROOT;
        depth = 0;
        onlyOnes = true;
      } else {
        node = next;
      }
    }
  }
  if (depth > 7) throw malformed("more than 7 bits of padding");
  if (!onlyOnes) throw malformed("padding that is not the start of end-of-string");
  return out.subarray(0, length);
}

function malformed(what: string): Http3Error {
  return new Http3Error(Http3Code.qpackDecompressionFailed, `A Huffman string holds ${what}`);
}

const EOS = 256;
const ROOT = 0;

/**
 * Code lengths in bits of each byte, and of EOS last. The code is canonical (shorter codes first,
 * then by byte), so the lengths define it.
 */
// deno-fmt-ignore
const CODE_LENGTHS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
   6, 10, 10, 12, 13,  6,  8, 11, 10, 10,  8, 11,  8,  6,  6,  6,
   5,  5,  5,  6,  6,  6,  6,  6,  6,  6,  7,  8, 15,  6, 12, 10,
  13,  6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,
   7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8, 13, 19, 13, 14,  6,
  15,  5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,
   6,  7,  6,  5,  5,  6,  7,  7,  7,  7,  7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];

/** Nodes as pairs of the targets of bit 0 and bit 1: a node, or -1 - symbol. */
const TREE: Int16Array = buildTree();

function buildTree(): Int16Array {
  const tree = new Int16Array(2 * CODE_LENGTHS.length);
  const order = CODE_LENGTHS.map((bits, symbol) => ({ bits, symbol }))
    .sort((a, b) => a.bits - b.bits || a.symbol - b.symbol);
  let nodes = 1;
  let code = 0;
  let width = order[0]!.bits;
  for (const { bits, symbol } of order) {
    code <<= bits - width;
    width = bits;
    let node = ROOT;
    for (let bit = bits - 1; bit > 0; bit--) {
      const at = node * 2 + (code >> bit & 1);
      if (tree[at] === 0) tree[at] = nodes++;
      node = tree[at]!;
    }
    tree[node * 2 + (code & 1)] = -1 - symbol;
    code++;
  }
  return tree;
}
