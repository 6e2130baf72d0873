import { BLOCK_BYTES, type Size } from "./h264.ts";

/** 320 by 192 pixels. */
export const SIZE: Size = { across: 20, down: 12 };

/** Brightness and two colours. */
type Color = readonly [brightness: number, blue: number, red: number];

/** The eight bars. */
const BARS: readonly Color[] = [
  [180, 128, 128],
  [162, 44, 142],
  [131, 156, 44],
  [112, 72, 58],
  [84, 184, 198],
  [65, 100, 212],
  [35, 212, 114],
  [40, 128, 128],
];

const BLACK: Color = [20, 128, 128];
const LIT = 230;

/** Digits of 3 by 5 fields, row by row, and the colon. */
const DIGITS: Readonly<Record<string, string>> = {
  "0": "111101101101111",
  "1": "010110010010111",
  "2": "111001111100111",
  "3": "111001111001111",
  "4": "101101111001001",
  "5": "111100111001111",
  "6": "111100111101111",
  "7": "111001001001001",
  "8": "111101111101111",
  "9": "111101111001111",
  ":": "000010000010000",
};

/** Where the clock stands, in blocks, and how many blocks a field of a digit is wide, in pixels. */
const CLOCK = { x: 2, y: 3, width: 16, height: 3 };
const FIELD = 8;

/** The block that goes around: its side, and where its center goes, in blocks. */
const ROUND = 6;

/** The blocks of the picture of this number: bars, a clock of seconds and pictures, and a square that goes around. */
export function drawBlocks(number: number, rate: number): Uint8Array[] {
  const text = clockOf(number, rate);
  const turn = number / rate * Math.PI / 2;
  const left = Math.round((SIZE.across - ROUND) / 2 * (1 + Math.cos(turn)));
  const top = Math.round((SIZE.down - ROUND) / 2 * (1 + Math.sin(turn)));
  const blocks: Uint8Array[] = [];
  for (let y = 0; y < SIZE.down; y++) {
    for (let x = 0; x < SIZE.across; x++) {
      if (isIn(x, y, CLOCK)) blocks.push(clockBlock(text, (x - CLOCK.x) * 16, (y - CLOCK.y) * 16));
      else if (isIn(x, y, { x: left, y: top, width: ROUND, height: ROUND })) {
        // Never the same twice, so that it is worth sending.
        blocks.push(plain([60 + (number * 7 + x * 11 + y * 13) % 160, 90, 200]));
      } else blocks.push(plain(BARS[Math.floor(x * BARS.length / SIZE.across)]!));
    }
  }
  return blocks;
}

function clockOf(number: number, rate: number): string {
  const two = (value: number) => `${value}`.padStart(2, "0").slice(-2);
  const seconds = Math.floor(number / rate);
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}:${two(number % rate)}`;
}

function clockBlock(text: string, left: number, top: number): Uint8Array {
  const block = plain(BLACK);
  const from = Math.floor(left / FIELD / 4);
  const shown = `${text.slice(from, from + 2)} ${left / FIELD % 4} ${top}`;
  const known = clocks.get(shown);
  if (known !== undefined) return known;
  clocks.set(shown, block);
  for (let y = 0; y < 16; y++) {
    for (let x = 0; x < 16; x++) {
      const column = Math.floor((left + x) / FIELD);
      const row = Math.floor((top + y) / FIELD) - 1;
      const digit = DIGITS[text[Math.floor(column / 4)] ?? ""] ?? "";
      const isLit = column % 4 < 3 && row >= 0 && row < 5 && digit[row * 3 + column % 4] === "1";
      if (isLit) block[y * 16 + x] = LIT;
    }
  }
  return block;
}

/** Blocks of the clock that were drawn before, by what they show. */
const clocks = new Map<string, Uint8Array>();

/** A block of one colour; that of a bar is always the same one. */
function plain(color: Color): Uint8Array {
  const known = bars.get(color);
  if (known !== undefined) return known;
  const [brightness, blue, red] = color;
  return new Uint8Array(BLOCK_BYTES).fill(brightness, 0, 256).fill(blue, 256, 320).fill(red, 320);
}

const bars = new Map<Color, Uint8Array>();
for (const color of BARS) bars.set(color, plain(color));

function isIn(
  x: number,
  y: number,
  area: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): boolean {
  return x >= area.x && x < area.x + area.width && y >= area.y && y < area.y + area.height;
}
