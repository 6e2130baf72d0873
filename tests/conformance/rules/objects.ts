import { must, type Rule, should } from "../rule.ts";

/** Objects, subgroups and properties. */
export const OBJECTS: readonly Rule[] = [
  must(
    "R-090",
    "relay-object-handling",
    "Objects leave as they came: no field changed, no payload split, joined or looked into.",
  ),
  must(
    "R-091",
    "subscriber-interactions",
    "Objects of one stream are forwarded in its order, with none left out.",
  ),
  must(
    "R-092",
    "model-subgroup",
    "A stream carries one subgroup, and a subgroup travels on one stream unless that was " +
      "reset or upstream delivered it out of order.",
  ),
  should(
    "R-093",
    "streams",
    "No two open streams have equal subgroup headers.",
  ),
  must(
    "R-094",
    "object-header",
    "In a subscription an object is sent the way its publisher chose: on a subgroup's stream " +
      "or as a datagram.",
  ),
  must(
    "R-095",
    "closing-subgroup-streams",
    "An object is appended to an open stream only if it is surely the subgroup's next one; " +
      "otherwise the stream is abandoned and a new one opened.",
  ),
  must(
    "R-096",
    "closing-subgroup-streams",
    "A subgroup's stream ends with FIN only if everything from the subscription's start on " +
      "was sent; a stream cut short for any reason is reset.",
  ),
  should(
    "R-097",
    "closing-subgroup-streams",
    "An upstream reset ends the stream downstream likewise, unless the missing objects are " +
      "fetched first; a FIN is passed on when all is sent.",
  ),
  should(
    "R-098",
    "closing-subgroup-streams",
    "RESET_STREAM_AT covers the subgroup header.",
    { doesNotApply: "The transport has no RESET_STREAM_AT." },
  ),
  must(
    "R-099",
    "closing-subgroup-streams",
    "STOP_SENDING on a subgroup's stream is answered by a reset, and the subgroup is not " +
      "opened again before forwarding has been turned off and on.",
  ),
  must(
    "R-100",
    "model-subgroup",
    "FIRST_OBJECT is set on streams that begin with the very first object their subgroup ever " +
      "had, and on no others.",
  ),
  must(
    "R-101",
    "subgroup-header",
    "Invalid types of subgroup headers and datagrams close the session with " +
      "PROTOCOL_VIOLATION.",
  ),
  should(
    "R-102",
    "streams",
    "A stream that ends inside an object closes the session with PROTOCOL_VIOLATION.",
  ),
  must(
    "R-103",
    "fetch-header",
    "Object or group ids that run past 64 bits or below zero close the session with " +
      "PROTOCOL_VIOLATION.",
  ),
  must(
    "R-104",
    "object-status",
    "An unknown status, or properties on an object that is not Normal, closes the session " +
      "with PROTOCOL_VIOLATION.",
  ),
  must(
    "R-105",
    "properties",
    "Unknown properties are kept, forwarded and cached unchanged; a newer set replaces an " +
      "older one and is never mixed with it.",
  ),
  must(
    "R-106",
    "properties",
    "Properties that the relay knows are handled by their definition and otherwise like " +
      "unknown ones.",
  ),
  must(
    "R-107",
    "properties",
    "Properties of the application ranges are forwarded without being interpreted.",
  ),
  must(
    "R-108",
    "relay-track-handling",
    "PUBLISH, SUBSCRIBE_OK, FETCH_OK and the answer to TRACK_STATUS carry all of a track's " +
      "properties.",
  ),
  must(
    "R-109",
    "mandatory-track-properties",
    "A track with a mandatory property that is not understood goes no further: its PUBLISH " +
      "gets UNSUPPORTED_EXTENSION, its SUBSCRIBE or FETCH is cancelled, and those who wait " +
      "downstream get UNSUPPORTED_EXTENSION, or a reset if data has left.",
  ),
  must(
    "R-110",
    "mandatory-track-properties",
    "A property of the mandatory range on an object makes the track malformed.",
  ),
  must(
    "R-111",
    "immutable-properties",
    "The relay never adds or changes immutable properties and gap properties; in a fetch it " +
      "may leave out a gap that the stream itself shows.",
  ),
  must(
    "R-112",
    "immutable-properties",
    "A property is looked up both in the open list and inside the immutable properties.",
  ),
  must(
    "R-113",
    "malformed-tracks",
    "A malformed track is cancelled upstream, ended downstream by PUBLISH_DONE " +
      "MALFORMED_TRACK and resets, and the object that showed it is not cached.",
  ),
  must(
    "R-114",
    "malformed-tracks",
    "Malformed are: an object repeated with other bytes, preference, subgroup or priority, " +
      "objects past a known end, two different ends, a priority that changes within a subgroup, " +
      "and gaps that contradict objects or each other.",
  ),
  must(
    "R-115",
    "model-object",
    "The bytes served for a track, group and object never change.",
  ),
  must(
    "R-116",
    "padding",
    "Padding streams and datagrams are read and thrown away.",
  ),
];
