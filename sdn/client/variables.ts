/** The variables that say the same as flags. */
export const TARGET_VARIABLES = {
  url: "QUMO_SDN_URL",
  tokenFile: "QUMO_SDN_TOKEN_FILE",
  caFile: "QUMO_SDN_CA_FILE",
  context: "QUMO_SDN_CONTEXT",
} as const;
