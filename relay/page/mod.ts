import { baseStyle, type PageFile, type PageLibrary } from "@qumo/shared/page";
import app from "./files/app.js" with { type: "text" };
import dom from "./files/dom.js" with { type: "text" };
import encoders from "./files/encoders.js" with { type: "text" };
import format from "./files/format.js" with { type: "text" };
import frames from "./files/frames.js" with { type: "text" };
import icon from "./files/icon.svg" with { type: "text" };
import index from "./files/index.html" with { type: "text" };
import lacks from "./files/lacks.js" with { type: "text" };
import list from "./files/list.js" with { type: "text" };
import live from "./files/live.js" with { type: "text" };
import media from "./files/media.css" with { type: "text" };
import place from "./files/place.js" with { type: "text" };
import player from "./files/player.js" with { type: "text" };
import plot from "./files/plot.js" with { type: "text" };
import publication from "./files/publication.js" with { type: "text" };
import publishPage from "./files/publish.html" with { type: "text" };
import publish from "./files/publish.js" with { type: "text" };
import reading from "./files/reading.js" with { type: "text" };
import redial from "./files/redial.js" with { type: "text" };
import refusal from "./files/refusal.js" with { type: "text" };
import session from "./files/session.js" with { type: "text" };
import share from "./files/share.js" with { type: "text" };
import sources from "./files/sources.js" with { type: "text" };
import style from "./files/style.css" with { type: "text" };
import testPicture from "./files/test_picture.js" with { type: "text" };
import ticker from "./files/ticker.js" with { type: "text" };
import watchPage from "./files/watch.html" with { type: "text" };
import watch from "./files/watch.js" with { type: "text" };

const HTML = "text/html; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";
const STYLE = "text/css; charset=utf-8";

/**
 * The relay's page, embedded as texts so that an executable has it. It loads nothing else and
 * contacts only the relay that served it. What the pages for viewers and publishers are made of is
 * public: what they may do there, their session decides.
 */
export const pageFiles: readonly PageFile[] = [
  { path: "/", type: HTML, text: index },
  { path: "/watch", type: HTML, text: watchPage, isPublic: true, hasMedia: true },
  { path: "/publish", type: HTML, text: publishPage, isPublic: true, hasMedia: true },
  { path: "/page/icon.svg", type: "image/svg+xml", text: icon, isPublic: true },
  ...[
    { path: "/page/base.css", text: baseStyle },
    { path: "/page/media.css", text: media },
    { path: "/page/style.css", text: style },
  ].map((file) => ({ ...file, type: STYLE, isPublic: true })),
  ...[
    { path: "/page/app.js", text: app },
    { path: "/page/dom.js", text: dom },
    { path: "/page/encoders.js", text: encoders },
    { path: "/page/format.js", text: format },
    { path: "/page/frames.js", text: frames },
    { path: "/page/lacks.js", text: lacks },
    { path: "/page/list.js", text: list },
    { path: "/page/live.js", text: live },
    { path: "/page/place.js", text: place },
    { path: "/page/player.js", text: player },
    { path: "/page/plot.js", text: plot },
    { path: "/page/publication.js", text: publication },
    { path: "/page/publish.js", text: publish },
    { path: "/page/reading.js", text: reading },
    { path: "/page/redial.js", text: redial },
    { path: "/page/refusal.js", text: refusal },
    { path: "/page/session.js", text: session },
    { path: "/page/share.js", text: share },
    { path: "/page/sources.js", text: sources },
    { path: "/page/test_picture.js", text: testPicture },
    { path: "/page/ticker.js", text: ticker },
    { path: "/page/watch.js", text: watch },
  ].map((file) => ({ ...file, type: SCRIPT, isPublic: true })),
];

const textOf = ({ default: text }: { default: string }) => text;

/** Libraries of others for the page, read when a browser asks for the first time: they are large. */
export const pageLibraries: readonly PageLibrary[] = [
  {
    path: "/libraries/moq_watch.js",
    type: SCRIPT,
    load: () => import("./libraries/moq_watch.js", { with: { type: "text" } }).then(textOf),
  },
  {
    path: "/libraries/moq_publish.js",
    type: SCRIPT,
    load: () => import("./libraries/moq_publish.js", { with: { type: "text" } }).then(textOf),
  },
  {
    path: "/libraries/qr.js",
    type: SCRIPT,
    load: () => import("./libraries/qr.js", { with: { type: "text" } }).then(textOf),
  },
  {
    path: "/libraries/licenses.txt",
    type: "text/plain; charset=utf-8",
    load: () => import("./libraries/licenses.txt", { with: { type: "text" } }).then(textOf),
  },
];
