/** When which object of a live track is due: the same for every publisher of it. */
export interface Schedule {
  /** When the first object is due, in milliseconds of the process's clock. */
  readonly start: number;
  readonly objectsPerSecond: number;
  readonly groupObjects: number;
  readonly objectBytes: number;
}

/** One object as it was published. */
export interface ScheduledObject {
  readonly group: number;
  readonly object: number;
  /** When it was sent, in milliseconds of the process's clock. */
  readonly sent: number;
}

/** Half-second groups of ten objects, from now on. */
export function liveSchedule(now: number): Schedule {
  return { start: now, objectsPerSecond: 20, groupObjects: 10, objectBytes: 1000 };
}

/** When this object is due. */
export function dueTime(schedule: Schedule, { group, object }: Omit<ScheduledObject, "sent">) {
  const { start, objectsPerSecond, groupObjects } = schedule;
  return start + (group * groupObjects + object) * 1000 / objectsPerSecond;
}

/** The first group that begins no earlier than `now`. */
export function nextGroup({ start, objectsPerSecond, groupObjects }: Schedule, now: number) {
  return Math.max(0, Math.ceil((now - start) * objectsPerSecond / 1000 / groupObjects));
}

/** The payload of an object. */
export function makePayload(schedule: Schedule, object: ScheduledObject): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(schedule.objectBytes);
  payload.fill(fillOf(object), HEADER_BYTES);
  const header = new DataView(payload.buffer);
  header.setFloat64(0, object.sent);
  header.setUint32(8, object.group);
  header.setUint32(12, object.object);
  return payload;
}

/** Reads a payload; undefined when it is not what was published. */
export function readPayload(payload: Uint8Array): ScheduledObject | undefined {
  if (payload.length < HEADER_BYTES) return undefined;
  const header = new DataView(payload.buffer, payload.byteOffset, HEADER_BYTES);
  const object = {
    sent: header.getFloat64(0),
    group: header.getUint32(8),
    object: header.getUint32(12),
  };
  const fill = fillOf(object);
  return payload.subarray(HEADER_BYTES).every((byte) => byte === fill) ? object : undefined;
}

const HEADER_BYTES = 16;

function fillOf({ group, object }: ScheduledObject): number {
  return (31 * group + object) & 0xff;
}
