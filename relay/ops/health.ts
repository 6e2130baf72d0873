import type { RelayView } from "./snapshot.ts";

/** An answer of `/health`: its status and its body, with keys in alphabetical order. */
export interface HealthAnswer {
  readonly status: 200 | 503;
  readonly body: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

/**
 * Answers a probe of a supervisor (`live` or `ready`); without a probe, the complete state for a
 * person.
 */
export function health(relay: RelayView, probe: string | undefined, wall: number): HealthAnswer {
  const { unready } = relay;
  const ready = unready === undefined;
  const conditions = relay.conditions.length > 0 && { conditions: relay.conditions };
  if (probe === "live") return { status: 200, body: { status: "alive" } };
  if (probe === "ready") {
    return ready
      ? { status: 200, body: { ...conditions, ready } }
      : { status: 503, body: { ...conditions, ready, reason: unready } };
  }
  const failed = relay.state === "failed";
  return {
    status: failed ? 503 : 200,
    body: {
      active_connections: relay.snapshot().sessions,
      ...conditions,
      live: true,
      ready,
      ...(!ready && { ready_reason: unready }),
      status: failed ? "unhealthy" : "healthy",
      timestamp: new Date(wall).toISOString(),
      uptime: durationText(relay.uptimeMs),
    },
  };
}

/** Milliseconds as `1h2m3.4s`, the form that the health body always had. */
export function durationText(milliseconds: number): string {
  const seconds = Math.floor(milliseconds) / 1000;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = `${Number((seconds % 60).toFixed(3))}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
