import { must, type Rule } from "../rule.ts";

/** Objects that travel as datagrams. */
export const DATAGRAMS: readonly Rule[] = [
  must(
    "R-161",
    "datagrams",
    "A datagram too large for the next session is dropped; it never becomes a stream.",
  ),
  must(
    "R-162",
    "object-datagram",
    "Datagrams with an empty property list, with both a status and the end-of-group bit, or " +
      "with properties beside a status other than Normal close the session with " +
      "PROTOCOL_VIOLATION.",
  ),
  must(
    "R-163",
    "delivery-timeouts",
    "Datagrams expire like objects, and few of them wait.",
  ),
  must(
    "R-164",
    "delivery-timeouts",
    "For datagrams SUBGROUP_DELIVERY_TIMEOUT counts like OBJECT_DELIVERY_TIMEOUT, the smaller " +
      "of the two.",
  ),
  must(
    "R-165",
    "object-datagram",
    "An object that came as a datagram stays one, in a subscription and in the marks of a " +
      "fetch.",
  ),
];
