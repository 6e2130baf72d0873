/** An object that is larger than the relay takes. */
export class ObjectTooLarge extends Error {
  override readonly name = "ObjectTooLarge";

  constructor(bytes: number, limit: number) {
    super(`An object of ${bytes} bytes, the limit is ${limit}`);
  }
}
