/** What the page says: aloud, to who listens, and in bars above the content. */

import { button, byId, el } from "./dom.js";
import { airflowLink, addressShown } from "./links.js";
import { loginPath } from "./airflow.js";

// What comes of an act, or keeps the page from being fresh, is seen from wherever in the grid.
const OUTCOMES = ["backfill", "result", "problem", "reading"];

/** For screen readers, once it is their turn; inside the dialog that is open, if one is. */
export function say(text) {
  const open = [...document.querySelectorAll("dialog[open]")].at(-1);
  const place = open?.querySelector("[role=status]") ?? byId("said");
  place.textContent = "";
  // A reader hears a change only, so the same words twice need a moment in between.
  setTimeout(() => (place.textContent = text), 50);
}

/** A place of a dialog in which `say` speaks while the dialog is open. */
export const sayingPlace = () => el("p", { class: "unseen", role: "status" });

/** Puts up a bar, in the place of the one of the same name; `kind`: good, bad, warn or calm. */
export function post(name, kind, ...content) {
  const bar = el("div", { class: `notice ${kind}`, "data-notice": name }, ...content);
  const old = find(name);
  if (old) old.replaceWith(bar);
  else place(name).append(bar);
  return bar;
}

export function withdraw(name) {
  find(name)?.remove();
}

/** A bar with a result, which stays until it is closed. */
export function announce(kind, text) {
  const close = button("Close", () => withdraw("result"), { class: "small" });
  post("result", kind, el("p", {}, text), close);
  say(text);
}

/** What `explain` made of a problem; `again` is offered as a button, if given. */
export function complain(name, told, again = null) {
  const retry = again && button("Try again", again, { class: "small" });
  const before = find(name)?.textContent;
  const bar = post(name, "bad", ...complaint(told), retry);
  if (bar.textContent !== before) say(`${told.what} ${told.todo}`);
}

/** The words of a problem, and the way to log in where that is missing. */
export function complaint({ what, todo, detail, login }) {
  const way = login && airflowLink(loginPath(addressShown()), "Log in", { class: "button" });
  const words = el("p", {}, el("strong", {}, what), " ", todo);
  if (detail) words.append(el("span", { class: "detail" }, detail));
  return [words, way || null];
}

function place(name) {
  return byId(OUTCOMES.includes(name) && !byId("content").hidden ? "outcomes" : "notices");
}

function find(name) {
  return document.querySelector(`[data-notice="${name}"]`);
}
