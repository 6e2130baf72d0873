const SVG = "http://www.w3.org/2000/svg";

/**
 * An element with attributes and children. Texts become text nodes, whatever they contain; a
 * function is the listener of the event that its name ends with (`onclick`); `undefined` and `false`
 * leave an attribute out.
 *
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string | undefined)} children
 */
export function element(tag, attributes = {}, ...children) {
  return build(document.createElement(tag), attributes, children);
}

/** As {@linkcode element}, for SVG. */
export function shape(tag, attributes = {}, ...children) {
  return build(document.createElementNS(SVG, tag), attributes, children);
}

/** The element of the page with this id. @param {string} id */
export function byId(id) {
  return document.getElementById(id);
}

/** Changes a text only if it differs, to keep selections and not to disturb screen readers. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Makes the children of `parent` follow `items`, of which no two have the same key. What stays keeps
 * its element, and with it focus.
 *
 * @template T
 * @param {Element} parent
 * @param {readonly T[]} items
 * @param {{ key: (item: T) => string, create: (item: T) => Element,
 *   update?: (child: Element, item: T) => void }} how
 */
export function follow(parent, items, { key, create, update }) {
  const known = new Map([...parent.children].map((child) => [child["itemKey"], child]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const name = key(item);
    let child = known.get(name);
    known.delete(name);
    if (child === undefined) {
      child = create(item);
      child["itemKey"] = name;
    }
    update?.(child, item);
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
  }
  for (const child of known.values()) child.remove();
}

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child) => child !== undefined));
  return node;
}
