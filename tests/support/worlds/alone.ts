import type { HostParts } from "../../../relay/host.ts";

/** The surroundings of a relay that knows no other. */
export const alone: HostParts["mesh"] = {
  hop: 1n,
  name: "alone",
  opened() {},
  closed() {},
  published() {},
  unpublished() {},
  routed() {},
};
