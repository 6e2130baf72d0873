import type { LoadedConfig } from "@qumo/shared/runtime";
import { callableUrl } from "../control_plane/mod.ts";
import type { RelayConfig } from "./settings.ts";

/** Warnings about a valid configuration. */
export function configWarnings({ value, origins }: LoadedConfig<RelayConfig>): string[] {
  const { auth, sdn, mesh, server, limits } = value;
  const warnings = [];
  const mode = origins.get("auth.mode");
  if (mode?.from === "environment" && mode.name === "INSECURE") {
    warnings.push(
      "INSECURE=true: the certificate is generated and anyone may publish and subscribe",
    );
  } else if (auth.mode === "open") {
    warnings.push("auth.mode is open: anyone who can reach the relay may publish and subscribe");
  }
  if (sdn.urls.length > 0 && sdn.address === "" && callableUrl(server.address) === "") {
    warnings.push(
      "other relays cannot call this one, because it listens on every address of its machine: " +
        "write `sdn.address`, like moqt://host:4433",
    );
  }
  if (mesh.insecure) {
    warnings.push("mesh.insecure is true: neighbors are not verified");
  }
  if (limits.maxRequests >= server.maxBidiStreams) {
    warnings.push(
      "limits.max_requests is not below server.max_bidi_streams: a client that has too many " +
        "requests open waits for a stream instead of being refused",
    );
  }
  return warnings;
}
