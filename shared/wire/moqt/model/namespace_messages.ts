import type { FullTrackName, Namespace } from "../../names.ts";
import type { Parameters, TrackParameterName } from "./parameters.ts";

/*
 * Of the messages in the words of no draft those about namespaces, and about what is under a prefix.
 */

/** Announces a namespace, for as long as the request lasts. */
export interface PublishNamespace {
  readonly kind: "publishNamespace";
  readonly requestId: bigint;
  readonly namespace: Namespace;
  readonly parameters: Parameters<"authorizationTokens" | "hopPath" | "routeCost">;
}

/** Asks to be told of the namespaces under a prefix. */
export interface SubscribeNamespace {
  readonly kind: "subscribeNamespace";
  readonly requestId: bigint;
  readonly prefix: Namespace;
  readonly parameters: Parameters<"authorizationTokens">;
}

/** Asks to be offered the tracks under a prefix. */
export interface SubscribeTracks {
  readonly kind: "subscribeTracks";
  readonly requestId: bigint;
  readonly prefix: Namespace;
  readonly parameters: Parameters<TrackParameterName>;
}

/**
 * Asks for namespaces, tracks or both under a prefix, up to draft 17 in one request: SUBSCRIBE_NAMESPACE.
 */
export interface SubscribePrefix {
  readonly kind: "subscribePrefix";
  readonly requestId: bigint;
  readonly prefix: Namespace;
  readonly wants: "tracks" | "namespaces" | "both";
  readonly parameters: Parameters<"authorizationTokens" | "forward">;
}

/** A namespace under a watched prefix is there. */
export interface NamespaceCame {
  readonly kind: "namespace";
  readonly suffix: Namespace;
  /** draft-lcurley-moq-cluster: its route; absent on sessions without that extension. */
  readonly route?: Parameters<"hopPath" | "routeCost">;
}

/** A namespace under a watched prefix is gone. */
export interface NamespaceDone {
  readonly kind: "namespaceDone";
  readonly suffix: Namespace;
}

/** A track under a watched prefix that is not offered. */
export interface PublishBlocked {
  readonly kind: "publishBlocked";
  readonly track: FullTrackName;
}
