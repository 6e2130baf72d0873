import process from "node:process";

/*
 * Before the CBOR of the COSE library is loaded: that looks for an addon in machine code, which the
 * relay may not load, and for which Deno would ask whoever sits at the terminal.
 */
process.env.CBOR_NATIVE_ACCELERATION_DISABLED = "true";
