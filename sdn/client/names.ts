/** The commands that ask a controller, each with what `--help` says; parsed without loading them. */
export const CLIENT_COMMANDS: Readonly<Record<string, string>> = {
  ls: "list relays, links or tracks",
  route: "show the route between two relays",
  events: "show what happened",
  top: "show relays and tracks, the busiest first, again and again",
  drain: "take a relay out of use",
  undrain: "put a relay back into use",
  revoke: "forbid what a token, subject, tenant, key, namespace or session may do",
  unrevoke: "take a revocation back",
  kick: "cut what is there now, and forbid nothing",
  policy: "what tenants may use",
  whoami: "say which controller is asked, and what the token allows",
  completion: "print what makes a shell complete these commands",
};
