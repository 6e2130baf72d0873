import {
  type ControlMessageOf,
  encodeFetchHeader,
  type Location,
  ObjectStatus,
} from "@qumo/shared/wire";
import type { ScriptedPeer } from "../peers/scripted_peer.ts";
import type { RequestStream } from "../peers/scripted_streams.ts";
import { expectedOf } from "./check.ts";
import type { TestObject } from "./objects.ts";
import { DEFAULT_PRIORITY, propertiesOf, refuse, trackNamed } from "./wire_form.ts";
import { referenceData } from "../reference_draft.ts";

/** Answers a fetch of a moq-test-00 track with what is in its range. */
export async function answerFetch(
  peer: ScriptedPeer,
  request: RequestStream,
  message: ControlMessageOf<"fetch">,
): Promise<void> {
  const { range, requestId } = message;
  const track = range.type === "standalone" ? trackNamed(range.track) : undefined;
  if (track === undefined || range.type !== "standalone") return await refuse(request);
  const all = expectedOf(track);
  const wanted = all.filter((object) => isWithin(object, range.start, range.end));
  const last = all.at(-1)!;
  await request.send({
    kind: "fetchOk",
    endOfTrack: wanted.at(-1) === last,
    end: endWithin(range.end, last),
    parameters: {},
    properties: propertiesOf(track),
  });
  await request.finish();
  const stream = await peer.openStream(encodeFetchHeader(requestId, referenceData));
  const writer = referenceData.fetch.writer("ascending", referenceData);
  for (const object of wanted) {
    if (object.status !== ObjectStatus.NORMAL) continue;
    const { payload, subgroup } = object;
    await stream.write(writer.object({
      ...object,
      group: BigInt(object.group),
      subgroup: subgroup === undefined ? undefined : BigInt(subgroup),
      priority: object.priority ?? DEFAULT_PRIORITY,
      payloadLength: payload.length,
    }));
    if (payload.length > 0) await stream.write(payload);
  }
  await stream.finish();
}

function isWithin({ group, object }: TestObject, start: Location, end: Location): boolean {
  const [groupId, objectId] = [BigInt(group), BigInt(object)];
  if (groupId < start.group || (groupId === start.group && objectId < start.object)) return false;
  return groupId < end.group ||
    (groupId === end.group && objectId <= end.object);
}

function endWithin(end: Location, last: TestObject): Location {
  const known = { group: BigInt(last.group), object: BigInt(last.object) };
  const beyond = end.group > known.group ||
    (end.group === known.group && end.object > known.object);
  return beyond ? known : end;
}
