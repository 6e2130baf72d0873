import type { Condition } from "./conditions.ts";
import type { Read, RelayReading } from "./readings.ts";

/** An answer of `/health`: its status and its body, with keys in alphabetical order. */
export interface HealthAnswer {
  readonly status: 200 | 503;
  readonly body: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

/**
 * Answers a probe of a supervisor (`live` or `ready`); without a probe, the complete state for a
 * person.
 */
export async function health(
  read: Read,
  probe: string | undefined,
  wall: number,
): Promise<HealthAnswer> {
  if (probe === "live") return { status: 200, body: { status: "alive" } };
  if (probe === "ready") return readiness(await read(["unready", "conditions"]));
  const { unready, conditions, state, now, uptimeMs } = await read(
    ["unready", "conditions", "state", "now", "uptimeMs"],
  );
  const failed = state === "failed";
  return {
    status: failed ? 503 : 200,
    body: {
      active_connections: now.sessions,
      ...conditionsOf(conditions),
      live: true,
      ready: unready === undefined,
      ...(unready !== undefined && { ready_reason: unready }),
      status: failed ? "unhealthy" : "healthy",
      timestamp: new Date(wall).toISOString(),
      uptime: durationText(uptimeMs),
    },
  };
}

function readiness(
  { unready, conditions }: Pick<RelayReading, "unready" | "conditions">,
): HealthAnswer {
  const body = conditionsOf(conditions);
  if (unready === undefined) return { status: 200, body: { ...body, ready: true } };
  return { status: 503, body: { ...body, ready: false, reason: unready } };
}

function conditionsOf(conditions: readonly Condition[]) {
  return conditions.length > 0 && { conditions };
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
