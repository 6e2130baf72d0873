import { must, type Rule, should } from "../rule.ts";

/** Errors and their codes. */
export const ERRORS: readonly Rule[] = [
  should(
    "R-177",
    "session-termination",
    "Session closes, REQUEST_ERROR, PUBLISH_DONE, resets and stops carry the code that fits.",
  ),
  must(
    "R-178",
    "grease",
    "An unknown error code counts as INTERNAL_ERROR where it stands and never closes the " +
      "session; reserved grease values are harmless everywhere.",
  ),
  should(
    "R-179",
    "request_error-message-format",
    "A retry interval of 0 means never; otherwise a request is made again no sooner than one " +
      "millisecond less than its value.",
  ),
  must(
    "R-180",
    "redirect-structure",
    "A redirect sent to a server carries no URI, and one for a namespace no track name, or " +
      "the session closes with PROTOCOL_VIOLATION; the relay need not follow redirects.",
  ),
  must(
    "R-181",
    "publisher-interactions",
    "A message or object that closes its session is passed on to no other session.",
  ),
  should(
    "R-182",
    "session-termination",
    "Peers that owe a reply or the rest of a header are given up with CONTROL_MESSAGE_TIMEOUT " +
      "or DATA_STREAM_TIMEOUT; the want of a next object ends no more than its stream.",
  ),
  should(
    "R-183",
    "moqt-20#logging-untrusted-strings",
    "Texts from peers are made harmless before they are logged.",
    { doesNotApply: "Asked for from draft 20 on." },
  ),
];
