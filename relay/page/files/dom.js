/** The element of the page with this id. */
export const byId = (id) => document.getElementById(id);

/** Makes an element. */
export function make(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

/** Says something in an element that is read aloud when it changes; nothing hides it. */
export function say(node, text) {
  node.hidden = text === "";
  if (node.textContent !== text) node.textContent = text;
}

/** Shows names and values; those without a value are left out. */
export function showFigures(list, figures) {
  const shown = figures.filter(([, value]) => value !== undefined && value !== "");
  list.replaceChildren(...shown.map(([name, value]) =>
    make(
      "div",
      {},
      make("dt", { textContent: name }),
      make("dd", { textContent: String(value) }),
    )
  ));
}
