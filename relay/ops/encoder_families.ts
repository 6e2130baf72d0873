import { counter, counters, type Family, gauge } from "./family.ts";

/** Metrics of encoders: publishers that come by RTMP or HTTP. */
export const encoderFamilies: readonly Family[] = [
  gauge("qumo_relay_encoders_active", "Encoders that publish now.", ({ now }) => now.encoders),
  counters(
    "qumo_relay_encoders_started_total",
    "Encoders that were let in, by how they came.",
    "protocol",
    ({ counts }) => counts.encoders.begun,
  ),
  counters(
    "qumo_relay_encoders_refused_total",
    "Encoders that were not let in, by reason.",
    "reason",
    ({ counts }) => counts.encoders.refused,
  ),
  counters(
    "qumo_relay_encoders_ended_total",
    "Encoders that have ended, by reason.",
    "reason",
    ({ counts }) => counts.encoders.ended,
  ),
  counter(
    "qumo_relay_encoder_frames_total",
    "Frames of encoders that were published.",
    ({ counts }) => counts.encoders.frames,
  ),
  counters(
    "qumo_relay_encoder_frames_dropped_total",
    "Frames of encoders that were not published, by reason.",
    "reason",
    ({ counts }) => counts.encoders.framesDropped,
  ),
  counters(
    "qumo_relay_encoder_limits_total",
    "Times that a limit slowed an encoder down, or ended its connection, by the limit.",
    "limit",
    ({ counts }) => counts.encoders.limits,
  ),
];
