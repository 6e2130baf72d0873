/** What this browser or this address cannot do, in sentences. An empty list is a browser that can all. */
export function lacksForWatching() {
  return [
    ...insecure(),
    ...(typeof VideoDecoder === "undefined" && isSecureContext
      ? ["This browser cannot decode video (it has no WebCodecs). A newer browser can."]
      : []),
  ];
}

/** The same for publishing. */
export function lacksForPublishing() {
  return [
    ...insecure(),
    ...(typeof VideoEncoder === "undefined" && isSecureContext
      ? ["This browser cannot encode video (it has no WebCodecs). A newer browser can."]
      : []),
  ];
}

function insecure() {
  if (isSecureContext) return [];
  const secure = `https:${location.href.slice(location.protocol.length).replace(/\?.*/s, "")}`;
  return [
    "This page came over plain HTTP from another machine, where browsers give no page a camera, " +
    `WebTransport or video codecs. Open ${secure} instead, or the page on the relay's own machine.`,
  ];
}

/** How the session goes, when it is not by WebTransport. */
export function transportWords(transport) {
  if (transport !== "websocket") return "";
  if (typeof WebTransport === "undefined") {
    return "This browser has no WebTransport: the session goes over WebSocket (TCP).";
  }
  if (!usesWebTransport()) {
    return "The WebTransport of this browser is not complete: the session goes over WebSocket (TCP).";
  }
  return "WebTransport did not get through: UDP is blocked, or this browser does not trust the " +
    "relay's certificate. The session goes over WebSocket (TCP).";
}

/** Whether the library uses the WebTransport of this browser. */
function usesWebTransport() {
  const agent = navigator.userAgent.toLowerCase();
  return /chrom|android/.test(agent);
}

/** Why a camera, a microphone or a screen was not given. */
export function sourceWords(error, what) {
  switch (error.name) {
    case "NotAllowedError":
      return `${what}: permission was denied. Allow it in the browser's settings for this page, and start again.`;
    case "NotFoundError":
      return `${what}: there is none on this machine.`;
    case "NotReadableError":
      return `${what}: another program uses it, or it does not work.`;
    case "OverconstrainedError":
      return `${what}: it cannot give this size.`;
    default:
      return `${what}: ${error.message}`;
  }
}
