/**
 * Pictures that say their number: eight fields above are its bits, bright for 1, and eight below are
 * the same the other way round, so that a picture that is torn, blurred or not there says nothing.
 */
const BITS = 8;
const [WIDTH, HEIGHT] = [160, 120];
const [BRIGHT, DARK] = [220, 30];

/** How many pictures there are; the camera begins anew after the last. */
export const PICTURES = 240;

/** A film of them, ten in a second, as Chromium's fake camera takes it (YUV4MPEG2). */
export function numberedFilm(): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder();
  const head = text.encode(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\n`);
  const frame = text.encode("FRAME\n");
  const size = frame.length + WIDTH * HEIGHT * 3 / 2;
  const film = new Uint8Array(head.length + PICTURES * size);
  film.set(head);
  for (let number = 0; number < PICTURES; number++) {
    const at = head.length + number * size;
    film.set(frame, at);
    draw(film.subarray(at + frame.length, at + size), number);
  }
  return film;
}

function draw(picture: Uint8Array, number: number): void {
  // What is behind the brightness is colour: none.
  picture.fill(128, WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y++) {
    const bits = y < HEIGHT / 2 ? number : ~number;
    for (let bit = 0; bit < BITS; bit++) {
      const from = y * WIDTH + bit * WIDTH / BITS;
      picture.fill(bits >> bit & 1 ? BRIGHT : DARK, from, from + WIDTH / BITS);
    }
  }
}

/** The number of a picture whose every field was made one pixel; undefined when it is none of ours. */
export function numberOf({ data }: Pixels): number | undefined {
  const row = (y: number) =>
    Array.from({ length: BITS }, (_, bit) => Number(data[(y * BITS + bit) * 4]! > 128) << bit)
      .reduce((sum, bit) => sum + bit);
  const number = row(0);
  return number < PICTURES && row(1) === 2 ** BITS - 1 - number ? number : undefined;
}

/** How many fields a picture has, across and down. */
export const FIELDS = [BITS, 2] as const;

/** Red, green, blue and how opaque, of each pixel in turn. */
export interface Pixels {
  readonly data: ArrayLike<number>;
}
