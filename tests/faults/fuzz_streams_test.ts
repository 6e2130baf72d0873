import { fuzzTest } from "../support/faults/fuzz.ts";

fuzzTest("subgroups and datagrams", {
  inputs: 25_000,
  moves: ["subgroup", "datagram"],
  most: 20,
});

fuzzTest("streams of every other type", {
  inputs: 10_000,
  moves: ["other_stream", "fetch_stream"],
  most: 4,
});

fuzzTest("control streams", { inputs: 8_000, moves: ["control"], most: 4 });
