/** Build elements. Content is added as text nodes and attributes, never as markup. */

const SVG = "http://www.w3.org/2000/svg";

/** An element. Attributes that are null, undefined or false are omitted, true has no value. */
export function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for the elements of a drawing. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/** Children can be nodes, text, numbers and lists of them; null is skipped. */
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

/** Replace the content of a place of the page. */
export function show(place, ...children) {
  place.replaceChildren(...present(children));
}

/** A button; without the function `act` it is disabled. */
export function button(label, act, attributes = {}) {
  const node = el("button", { type: "button", ...attributes }, label);
  if (act) node.addEventListener("click", act);
  else node.disabled = true;
  return node;
}
