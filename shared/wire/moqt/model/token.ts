/** What a peer shows to be allowed something (#authorization-token). */
export type Token =
  | { readonly alias: "delete"; readonly id: bigint }
  | {
    readonly alias: "register";
    readonly id: bigint;
    readonly type: bigint;
    readonly value: Uint8Array;
  }
  | { readonly alias: "use"; readonly id: bigint }
  | { readonly alias: "none"; readonly type: bigint; readonly value: Uint8Array };
