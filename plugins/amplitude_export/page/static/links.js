/**
 * Links to Airflow's own pages.
 *
 * Airflow shows this page in a frame that may neither navigate what is around it nor open windows.
 * Being of the same origin, it may click a link that it puts into the page around it for a moment.
 */

import { el } from "./dom.js";

/** Airflow's root, one level above this page. */
const ROOT = new URL("..", document.baseURI.split(/[?#]/)[0]);

/**
 * A link to a path below Airflow's root. Any other path is shown as text only, and so is one that
 * the browser would resolve to another, because an id in it is made of dots.
 */
export function airflowLink(path, label, attributes = {}) {
  const address = new URL(path, ROOT);
  const same = address.origin + address.pathname === ROOT.href + path.split(/[?#]/)[0];
  if (!same) return el("span", {}, label);
  return el("a", { href: address.href, "data-airflow": true, ...attributes }, label);
}

/** The address in the address bar: Airflow's if this page is in its frame. */
export function addressShown() {
  return (surrounding() ?? window).location.href;
}

/** Airflow's window around the frame, null outside of it. */
function surrounding() {
  if (window.parent === window) return null;
  try {
    return window.parent.document ? window.parent : null;
  } catch (error) {
    if (error instanceof DOMException) return null; // the frame of a foreign page
    throw error;
  }
}

function followOutside(event) {
  const link = event.target.closest?.("a[data-airflow]");
  const airflow = surrounding();
  if (!link || !airflow || event.button > 1) return;
  event.preventDefault();
  const asked = event.button === 1 || event.ctrlKey || event.metaKey || event.shiftKey;
  click(airflow.document, link.href, asked ? "_blank" : link.target || "_self");
}

function click(page, address, target) {
  const link = page.createElement("a");
  link.href = address;
  link.target = target;
  link.rel = "noopener";
  page.body.append(link);
  link.click();
  link.remove();
}

document.addEventListener("click", followOutside);
document.addEventListener("auxclick", followOutside);
