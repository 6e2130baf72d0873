import { fuzzTest } from "../support/faults/fuzz.ts";

fuzzTest("everything at once", {
  inputs: 15_000,
  moves: [
    "control",
    "request",
    "answer",
    "answer",
    "subgroup",
    "subgroup",
    "fetch_stream",
    "other_stream",
    "datagram",
  ],
  most: 20,
});
