import { readLink, writeLink } from "./deep_link.js";

/**
 * By which column a table is sorted, as the page's address says it: whoever follows the address sees
 * the same order.
 *
 * @typedef {{ column: string, isDown: boolean }} Order
 * @param {string} table
 * @returns {Order | undefined}
 */
export function readOrder(table) {
  const own = orders().find(([name]) => name === table);
  return own && { column: own[1], isDown: own[2] === "down" };
}

/**
 * @param {string} table
 * @param {Order | undefined} order nothing for the table's own order
 */
export function writeOrder(table, order) {
  const others = orders().filter(([name]) => name !== table);
  const own = order === undefined ? [] : [[table, order.column, order.isDown ? "down" : "up"]];
  writeLink({ sort: [...others, ...own].map((parts) => parts.join(":")).join(",") });
}

/** Table, column and direction of each table that is sorted. */
function orders() {
  const { sort = "" } = readLink();
  return sort.split(",").map((one) => one.split(":")).filter((parts) => parts.length === 3);
}
