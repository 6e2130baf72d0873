import { baseStyle, type PageFile } from "@qumo/shared/page";
import app from "./files/app.js" with { type: "text" };
import format from "./files/format.js" with { type: "text" };
import icon from "./files/icon.svg" with { type: "text" };
import index from "./files/index.html" with { type: "text" };
import list from "./files/list.js" with { type: "text" };
import style from "./files/style.css" with { type: "text" };

const SCRIPT = "text/javascript; charset=utf-8";
const STYLE = "text/css; charset=utf-8";

/**
 * The relay's page, embedded as texts so that an executable has it. It loads nothing else and
 * contacts only the relay that served it.
 */
export const pageFiles: readonly PageFile[] = [
  { path: "/", type: "text/html; charset=utf-8", text: index },
  { path: "/page/icon.svg", type: "image/svg+xml", text: icon },
  { path: "/page/base.css", type: STYLE, text: baseStyle },
  { path: "/page/style.css", type: STYLE, text: style },
  { path: "/page/app.js", type: SCRIPT, text: app },
  { path: "/page/format.js", type: SCRIPT, text: format },
  { path: "/page/list.js", type: SCRIPT, text: list },
];
