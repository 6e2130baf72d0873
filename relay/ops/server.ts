import {
  type Handler,
  hostOf,
  HttpMetrics,
  isPrivateName,
  listenHttp,
  type UpgradeHandler,
} from "@qumo/shared/http";
import { scraper } from "@qumo/shared/metrics";
import type { PageFile, PageLibrary } from "@qumo/shared/page";
import { type CertificatePair, type Clock, isLoopback, type Log } from "@qumo/shared/runtime";
import { buildApp, type MediaRoutes } from "./app.ts";
import type { OpsAccess } from "./callers.ts";
import { diskFamilies } from "./disk_families.ts";
import { encoderFamilies } from "./encoder_families.ts";
import { SCRAPED } from "./family.ts";
import { httpFamilies } from "./http_families.ts";
import { distributionFamilies, meshFamilies } from "./mesh_families.ts";
import { type Build, processFamilies } from "./process_families.ts";
import type { Read } from "./readings.ts";
import { mediaFamilies } from "./media_families.ts";
import { sessionFamilies } from "./session_families.ts";
import { trackFamilies } from "./track_families.ts";

/** A running HTTP side. */
export interface OpsServer {
  readonly port: number;
  /** Uses this certificate for new connections over TLS. */
  useCertificate(certificate: CertificatePair): void;
  /** Stops listening and drops requests under way, because a slow client would delay the stop. */
  close(): Promise<void>;
}

/** Answers requests of encoders, which last for as long as these send. */
export interface EncoderRequests {
  readonly prefix: string;
  answer(request: Request, remote: string): Promise<Response>;
}

/** What the HTTP side of a relay is made of. */
export interface OpsParts {
  readonly hostname: string;
  readonly port: number;
  /** For clients that speak TLS; absent: nobody is answered who does. */
  readonly certificate?: CertificatePair;
  /** Opens WebSockets; undefined when there are none. */
  readonly upgrade?: UpgradeHandler | undefined;
  /** Reads the relay, once for each request. */
  readonly read: Read;
  /** Whether pages of this origin may use the relay. */
  readonly allowOrigin: (origin: string | undefined) => boolean;
  readonly program: Build;
  /** When the process began, in milliseconds since 1970. */
  readonly startedAt: number;
  /** The relay's name, which is the same after a restart; may be empty. */
  readonly name: string;
  readonly region: string;
  readonly perTrack: number;
  readonly maxCacheBytes: number;
  /** What other machines may read now. */
  readonly access: () => OpsAccess;
  readonly maxDiskBytes?: number | undefined;
  /** Takes in what encoders send; absent where none can. */
  readonly ingest?: EncoderRequests | undefined;
  readonly page: readonly PageFile[];
  readonly libraries: readonly PageLibrary[];
  readonly media?: MediaRoutes | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** Serves health, metrics, state and certificate hash. Throws when the TCP port is taken. */
export function serveOps(parts: OpsParts): OpsServer {
  const { read, program, perTrack, log } = parts;
  const http = new HttpMetrics();
  const scrape = scraper({
    // Named, so that alerts name the relay and not only its address.
    labels: parts.name === "" ? {} : { relay: parts.name },
    families: [
      ...processFamilies(program, parts.startedAt),
      ...httpFamilies(http),
      ...sessionFamilies,
      ...mediaFamilies(parts.maxCacheBytes),
      ...encoderFamilies,
      ...diskFamilies,
      ...meshFamilies,
      ...(perTrack > 0 ? trackFamilies : []),
      ...distributionFamilies,
    ],
    read: () => read(SCRAPED, { offset: 0, limit: perTrack }),
  });
  const { version, commit } = program;
  const app = buildApp({ ...parts, version, commit, scrape });
  const { hostname, port, certificate, upgrade, clock } = parts;
  const { ingest } = parts;
  const handle: Handler = (request, client) =>
    ingest !== undefined && new URL(request.url).pathname.startsWith(ingest.prefix)
      ? ingest.answer(request, client)
      : app.fetch(request, { remote: client });
  const listener = listenHttp({
    hostname,
    port,
    handle: isLoopback(parts) ? ownNamesOnly(handle, parts.allowOrigin) : handle,
    detectedCertificate: certificate,
    upgrade,
    metrics: http,
    clock,
    log,
  });
  return {
    port: listener.port,
    useCertificate: (renewed) => {
      if (certificate !== undefined) listener.useCertificate(renewed);
    },
    close: () => listener.close(0),
  };
}

/**
 * Refuses requests whose Host is a name that others can point at the loopback address (DNS
 * rebinding): a page of such a name could otherwise read what only this machine may. And those of
 * pages that are not the relay's and may not open sessions either, but for the hash of the
 * certificate, whose own rule decides.
 */
function ownNamesOnly(handle: Handler, allowOrigin: OpsParts["allowOrigin"]): Handler {
  return (request, client) => {
    const { headers } = request;
    const host = headers.get("host") ?? "localhost";
    if (!isOwn(host)) return no("This is not a name of this relay");
    const origin = headers.get("origin");
    // That a page has an address, or a name of a private network, does not make it this relay's.
    const isForeign = origin !== null && URL.parse(origin)?.host !== host.toLowerCase() &&
      !allowOrigin(origin);
    if (isForeign && new URL(request.url).pathname !== "/certificate.sha256") {
      return no(`Pages of ${origin} may not read this relay`);
    }
    return handle(request, client);
  };
}

function isOwn(header: string): boolean {
  const host = hostOf(header);
  return host !== undefined && isPrivateName(host);
}

function no(error: string): Response {
  return Response.json({ error }, { status: 403 });
}
