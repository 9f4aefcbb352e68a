/** Messages: to screen readers, and in bars above the content. */

import { button, byId, el } from "./dom.js";
import { airflowLink, addressShown } from "./links.js";
import { loginPath } from "./airflow.js";

// The outcome of an action, and a failed refresh, stay visible while the grid scrolls.
const OUTCOMES = ["backfill", "result", "problem", "reading"];

/** Announce to screen readers, politely; inside the open dialog, if there is one. */
export function speak(text) {
  const open = [...document.querySelectorAll("dialog[open]")].at(-1);
  const place = open?.querySelector("[role=status]") ?? byId("spoken");
  place.textContent = "";
  // A screen reader reads only changes, so that the same text twice needs a pause in between.
  setTimeout(() => (place.textContent = text), 50);
}

/** The place in a dialog that `speak` uses while the dialog is open. */
export const statusPlace = () => el("p", { class: "unseen", role: "status" });

/** Show a bar, which replaces the one of the same name; `kind`: good, bad, warn or calm. */
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
  speak(text);
}

/** Show the explanation of a problem; the function `again` adds a button to retry. */
export function complain(name, told, again = null) {
  const retry = again && button("Try again", again, { class: "small" });
  const before = find(name)?.textContent;
  const bar = post(name, "bad", ...complaint(told), retry);
  if (bar.textContent !== before) speak(`${told.what} ${told.todo}`);
}

/** The text of a problem, and a link to log in if the user is not logged in. */
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
