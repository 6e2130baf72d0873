/** An object exceeds the maximum size. */
export class ObjectTooLarge extends Error {
  override readonly name = "ObjectTooLarge";

  constructor(bytes: number, limit: number) {
    super(`An object of ${bytes} bytes, the limit is ${limit}`);
  }
}
