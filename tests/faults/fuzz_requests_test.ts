import { fuzzTest } from "../support/faults/fuzz.ts";

fuzzTest("requests", { inputs: 25_000, moves: ["request"], most: 12 });

fuzzTest("answers to the relay's own requests", {
  inputs: 20_000,
  moves: ["answer", "answer", "subgroup", "fetch_stream"],
  most: 20,
});
