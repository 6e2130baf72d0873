import { must, type Rule, should } from "../rule.ts";

/** Priorities, the order of sending, and timeouts. */
export const DELIVERY: readonly Rule[] = [
  should(
    "R-150",
    "scheduling-algorithm",
    "First go control streams, next request streams, next objects, by subscriber priority, " +
      "publisher priority, group order and subgroup; padding last.",
  ),
  should(
    "R-151",
    "considerations-for-setting-priorities",
    "Priorities of subscriber and original publisher rule downstream; a subscriber's priority " +
      "and group order are not copied upstream.",
  ),
  should(
    "R-152",
    "definitions",
    "A priority that was not given is 128, and a changed subscriber priority counts for all " +
      "that is not yet handed to the transport.",
  ),
  must(
    "R-153",
    "delivery-timeouts",
    "OBJECT_DELIVERY_TIMEOUT runs from an object's first payload byte and is looked at before " +
      "the object is handed over; then its subgroup is reset with DELIVERY_TIMEOUT and not " +
      "opened again, or its datagram dropped.",
  ),
  must(
    "R-154",
    "delivery-timeouts",
    "SUBGROUP_DELIVERY_TIMEOUT runs from the subgroup's end upstream and resets the stream if " +
      "not all of it is delivered in time.",
  ),
  must(
    "R-155",
    "delivery-timeouts",
    "Of the publisher's and the subscriber's timeout the smaller counts, and 0 counts as " +
      "none.",
  ),
  should(
    "R-156",
    "delivery-timeouts",
    "Little is handed to the transport ahead of time, since nothing can expire there.",
  ),
  must(
    "R-157",
    "moqt-16#delivery-timeout",
    "A delivery timeout of 0 is a PROTOCOL_VIOLATION.",
    { doesNotApply: "In draft 18 the value 0 means no timeout." },
  ),
  must(
    "R-158",
    "resource-exhaustion",
    "At a resource limit streams are cancelled, those of the lowest priority first.",
  ),
  should(
    "R-159",
    "delivery-timeouts",
    "A subscriber that cannot keep up may be ended with TOO_FAR_BEHIND.",
  ),
  should(
    "R-160",
    "congestion-control",
    "The congestion controller keeps queues short and is not misled by an idle sender.",
    { doesNotApply: "Advice without a requirement; the controller is the QUIC stack's own." },
  ),
];
