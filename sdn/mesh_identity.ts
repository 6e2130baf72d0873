import { type Clock, messageOf, StartError } from "@qumo/shared/runtime";
import { GRANT_TYPE } from "@qumo/shared/topology";
import type { IdentityAnswer, PublicKey } from "./http/identity_endpoints.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };
const ALG = "ES256";

/** The controller's word for which key is which relay's: relays believe it, each of all others. */
export class MeshIdentity {
  readonly #key: CryptoKey;
  readonly #public: PublicKey & { readonly kid: string; readonly alg: string };
  readonly #options: { readonly lifetimeMs: number; readonly clock: Pick<Clock, "wall"> };

  /** Makes the text of a new private key. */
  static async newKey(): Promise<string> {
    const { privateKey } = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
    const { kty, crv, x, y, d } = await crypto.subtle.exportKey("jwk", privateKey);
    return `${JSON.stringify({ kty, crv, x, y, d, alg: ALG })}\n`;
  }

  /** Reads a private key. Rejects with a {@linkcode StartError} when it is none for ES256. */
  static async open(
    text: string,
    options: { readonly lifetimeMs: number; readonly clock: Pick<Clock, "wall"> },
  ): Promise<MeshIdentity> {
    try {
      const { kty, crv, x, y, d } = JSON.parse(text);
      const jwk = { kty, crv, x, y, d };
      const key = await crypto.subtle.importKey("jwk", jwk, ALGORITHM, false, ["sign"]);
      const kid = `sdn-${await thumbprint({ kty, crv, x, y })}`;
      return new MeshIdentity(key, { kty, crv, x, y, kid, alg: ALG }, options);
    } catch (error) {
      const reason = error instanceof SyntaxError ? "it is no JWK" : messageOf(error);
      throw new StartError(`cannot use the key: ${reason}`, "mesh.key_file");
    }
  }

  private constructor(
    key: CryptoKey,
    shown: PublicKey & { readonly kid: string; readonly alg: string },
    options: { readonly lifetimeMs: number; readonly clock: Pick<Clock, "wall"> },
  ) {
    this.#key = key;
    this.#public = shown;
    this.#options = options;
  }

  /** Says for a while that a key is the one of the relay of this name. */
  async issue(name: string, key: PublicKey): Promise<IdentityAnswer> {
    const { clock, lifetimeMs } = this.#options;
    const now = Math.floor(clock.wall() / 1_000);
    const exp = now + Math.ceil(lifetimeMs / 1_000);
    const { kid, alg } = this.#public;
    const header = { alg, typ: GRANT_TYPE, kid };
    const claims = { sub: name, cnf: { jwk: key }, iat: now, exp };
    const said = `${part(header)}.${part(claims)}`;
    const signature = await crypto.subtle.sign(SIGNATURE, this.#key, encoder.encode(said));
    return {
      relay: name,
      grant: `${said}.${base64url(new Uint8Array(signature))}`,
      expires_at: new Date(exp * 1_000).toISOString(),
      keys: [this.#public],
    };
  }
}

const encoder = new TextEncoder();

function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function part(value: object): string {
  return base64url(encoder.encode(JSON.stringify(value)));
}

/** Other keys have other ids: the beginning of the RFC 7638 thumbprint. */
async function thumbprint({ kty, crv, x, y }: PublicKey): Promise<string> {
  const text = JSON.stringify({ crv, kty, x, y });
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text))))
    .slice(0, 16);
}
