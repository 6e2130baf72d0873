import {
  calculateJwkThumbprint,
  exportJWK,
  FlattenedSign,
  generateKeyPair,
  importJWK,
  type JWK,
} from "jose";

/** What one signed request says of itself. */
interface SignedHeader {
  readonly url: string;
  readonly nonce: string;
  /** The account's URL; undefined while there is none, and then the key is sent along. */
  readonly account: string | undefined;
}

/** The key of an account at the authority. */
export class AccountKey {
  readonly #key: CryptoKey;
  readonly #public: JWK;
  /** The key's hash, by which answers to challenges are bound to it. */
  readonly thumbprint: string;

  private constructor(key: CryptoKey, publicKey: JWK, thumbprint: string) {
    this.#key = key;
    this.#public = publicKey;
    this.thumbprint = thumbprint;
  }

  /** Reads a key from its file's text. Rejects when it is none. */
  static async read(text: string): Promise<AccountKey> {
    const jwk = JSON.parse(text) as JWK;
    const key = await importJWK(jwk, ALGORITHM);
    const { kty, crv, x, y } = jwk;
    if (key instanceof Uint8Array || jwk.d === undefined) throw new Error("it is no private key");
    const own: JWK = { kty: kty!, crv: crv!, x: x!, y: y! };
    return new AccountKey(key, own, await calculateJwkThumbprint(own));
  }

  /** The text of the file of a new key. */
  static async make(): Promise<string> {
    const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
    return `${JSON.stringify(await exportJWK(privateKey))}\n`;
  }

  /** A request's body; an undefined payload only asks for what is at the URL. */
  async sign(payload: unknown, { url, nonce, account }: SignedHeader): Promise<string> {
    const text = payload === undefined ? "" : JSON.stringify(payload);
    const signed = await new FlattenedSign(new TextEncoder().encode(text))
      .setProtectedHeader({
        alg: ALGORITHM,
        url,
        nonce,
        ...(account === undefined ? { jwk: this.#public } : { kid: account }),
      })
      .sign(this.#key);
    return JSON.stringify(signed);
  }
}

const ALGORITHM = "ES256";
