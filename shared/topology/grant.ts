/**
 * The type of the tokens by which a controller says which key is which relay's: `sub` is the relay's
 * name, and `cnf.jwk` its public key.
 */
export const GRANT_TYPE = "qumo-relay-grant+jwt";
