/** Builds elements. Whatever is shown goes in as text nodes and attributes, never as markup. */

const SVG = "http://www.w3.org/2000/svg";

/** An element; attributes that are null, undefined or false are left out, true stands alone. */
export function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for the elements of a drawing. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/** Children may be nodes, text, numbers, lists of them, and null for nothing. */
function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...present(children));
  return node;
}

function present(children) {
  return children.flat(2).filter((child) => child !== null && child !== undefined);
}

export function byId(id) {
  return document.getElementById(id);
}

/** Puts new content into a place of the page. */
export function show(place, ...children) {
  place.replaceChildren(...present(children));
}

/** A button; without `act` it is disabled. */
export function button(label, act, attributes = {}) {
  const node = el("button", { type: "button", ...attributes }, label);
  if (act) node.addEventListener("click", act);
  else node.disabled = true;
  return node;
}
