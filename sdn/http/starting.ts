/**
 * Answers requests while the controller waits for its store: alive, not ready, without data. Relays
 * go on with their last known routes, as without a controller.
 */
export function answerWhileStarting(request: Request): Response {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname !== "/health") {
    const error = "The controller is starting and waits for its store";
    return Response.json({ error, code: "starting" }, { status: 503, headers: RETRY });
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new Response(null, { status: 405, headers: { allow: "GET, HEAD" } });
  }
  const isFine = searchParams.get("probe") === "live";
  const health = { status: "starting", live: true, ready: false };
  return Response.json(health, { status: isFine ? 200 : 503, headers: isFine ? {} : RETRY });
}

const RETRY = { "retry-after": "1" };
