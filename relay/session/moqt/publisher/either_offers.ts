import type { ControlMessageOf } from "@qumo/shared/wire";
import type { RequestChannel } from "../requests/requests.ts";
import type { OfferPermit, PrefixOfferer, PrefixOffers } from "./prefix_server.ts";

type SubscribePrefix = ControlMessageOf<"subscribePrefix">;

/** Who offers namespaces, and who offers tracks. */
export interface Offerers {
  readonly namespaces: PrefixOfferer<ControlMessageOf<"subscribeNamespace">>;
  readonly tracks: PrefixOfferer<ControlMessageOf<"subscribeTracks">>;
}

/** SUBSCRIBE_NAMESPACE up to draft 17: namespaces, tracks or both under a prefix in one request. */
export class EitherOffers implements PrefixOfferer<SubscribePrefix> {
  readonly #offerers: Offerers;

  constructor(offerers: Offerers) {
    this.#offerers = offerers;
  }

  offersOn(
    stream: RequestChannel,
    { wants, ...message }: SubscribePrefix,
    permit: OfferPermit,
  ): PrefixOffers {
    const { namespaces, tracks } = this.#offerers;
    const offers: PrefixOffers[] = [];
    if (wants !== "tracks") {
      offers.push(namespaces.offersOn(stream, { ...message, kind: "subscribeNamespace" }, permit));
    }
    if (wants !== "namespaces") {
      offers.push(tracks.offersOn(stream, { ...message, kind: "subscribeTracks" }, permit));
    }
    return {
      watch(prefix) {
        const ends = offers.map((one) => one.watch(prefix));
        return () => ends.forEach((end) => end());
      },
      updated: (update) => offers.forEach((one) => one.updated?.(update)),
    };
  }
}
