import eventReader from "@qumo/shared/event_reader.js" with { type: "text" };
import { baseStyle, type PageFile } from "@qumo/shared/page";
import accessView from "./page/access_view.js" with { type: "text" };
import api from "./page/api.js" with { type: "text" };
import app from "./page/app.js" with { type: "text" };
import attentionView from "./page/attention_view.js" with { type: "text" };
import connection from "./page/connection.js" with { type: "text" };
import copiesView from "./page/copies_view.js" with { type: "text" };
import copy from "./page/copy.js" with { type: "text" };
import deepLink from "./page/deep_link.js" with { type: "text" };
import detailView from "./page/detail_view.js" with { type: "text" };
import detailWords from "./page/detail_words.js" with { type: "text" };
import dom from "./page/dom.js" with { type: "text" };
import drainDialog from "./page/drain_dialog.js" with { type: "text" };
import eventsView from "./page/events_view.js" with { type: "text" };
import flowsView from "./page/flows_view.js" with { type: "text" };
import fold from "./page/fold.js" with { type: "text" };
import format from "./page/format.js" with { type: "text" };
import icon from "./page/icon.svg" with { type: "text" };
import index from "./page/index.html" with { type: "text" };
import labels from "./page/labels.js" with { type: "text" };
import layout from "./page/layout.js" with { type: "text" };
import linkShapes from "./page/link_shapes.js" with { type: "text" };
import machines from "./page/machines.js" with { type: "text" };
import machinesView from "./page/machines_view.js" with { type: "text" };
import meshView from "./page/mesh_view.js" with { type: "text" };
import model from "./page/model.js" with { type: "text" };
import networkTables from "./page/network_tables.js" with { type: "text" };
import networkView from "./page/network_view.js" with { type: "text" };
import pairKey from "./page/pair_key.js" with { type: "text" };
import peersView from "./page/peers_view.js" with { type: "text" };
import plot from "./page/plot.js" with { type: "text" };
import relayShapes from "./page/relay_shapes.js" with { type: "text" };
import relaysView from "./page/relays_view.js" with { type: "text" };
import routeView from "./page/route_view.js" with { type: "text" };
import style from "./page/style.css" with { type: "text" };
import summaryView from "./page/summary_view.js" with { type: "text" };
import table from "./page/table.js" with { type: "text" };
import tableOrder from "./page/table_order.js" with { type: "text" };
import topologyView from "./page/topology_view.js" with { type: "text" };
import troubles from "./page/troubles.js" with { type: "text" };
import versions from "./page/versions.js" with { type: "text" };
import whatIf from "./page/what_if.js" with { type: "text" };

const SCRIPT = "text/javascript; charset=utf-8";

const scripts = {
  access_view: accessView,
  api,
  app,
  attention_view: attentionView,
  connection,
  copies_view: copiesView,
  copy,
  deep_link: deepLink,
  detail_view: detailView,
  detail_words: detailWords,
  dom,
  drain_dialog: drainDialog,
  event_reader: eventReader,
  events_view: eventsView,
  flows_view: flowsView,
  fold,
  format,
  labels,
  layout,
  link_shapes: linkShapes,
  machines,
  machines_view: machinesView,
  mesh_view: meshView,
  model,
  network_tables: networkTables,
  network_view: networkView,
  pair_key: pairKey,
  peers_view: peersView,
  plot,
  relay_shapes: relayShapes,
  relays_view: relaysView,
  route_view: routeView,
  summary_view: summaryView,
  table,
  table_order: tableOrder,
  topology_view: topologyView,
  troubles,
  versions,
  what_if: whatIf,
};

/**
 * The dashboard's files, embedded as texts so that a compiled program has them. The page loads
 * nothing else and contacts only the controller that served it.
 */
export const dashboardFiles: readonly PageFile[] = [
  { path: "/", type: "text/html; charset=utf-8", text: index },
  { path: "/dashboard/base.css", type: "text/css; charset=utf-8", text: baseStyle },
  { path: "/dashboard/style.css", type: "text/css; charset=utf-8", text: style },
  { path: "/dashboard/icon.svg", type: "image/svg+xml; charset=utf-8", text: icon },
  ...Object.entries(scripts).map(([name, text]) => {
    return { path: `/dashboard/${name}.js`, type: SCRIPT, text };
  }),
];
