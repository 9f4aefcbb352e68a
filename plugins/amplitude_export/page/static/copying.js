/** Something to copy: the text, and a button that puts it on the clipboard. */

import { button, el } from "./dom.js";
import { say } from "./notices.js";

/** `name` says what is copied: "the command". */
export function copyable(text, name) {
  const act = button("Copy", () => copy(text, act, name), { "aria-label": `Copy ${name}` });
  act.className = "small";
  return el("span", { class: "copyable" }, el("code", {}, words(text)), act);
}

/** Lines break between words, not at their hyphens. */
function words(text) {
  return text.split(" ").flatMap((word, index) => [index ? " " : "", el("span", {}, word)]);
}

async function copy(text, act, name) {
  const copied = (await onClipboard(text)) || selected(text, act);
  act.textContent = copied ? "Copied" : "Select and copy";
  say(copied ? `Copied ${name}.` : "The browser does not let the page copy; select the text.");
  setTimeout(() => (act.textContent = "Copy"), 2000);
}

/** Browsers offer the clipboard to pages under https and of localhost only. */
async function onClipboard(text) {
  if (!navigator.clipboard) return false;
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    if (error instanceof DOMException) return false; // the user or a policy says no
    throw error;
  }
}

/** The old way, for an Airflow that is reached by http. */
function selected(text, act) {
  const area = el("textarea", { class: "unseen", readonly: true, tabindex: -1 });
  area.value = text;
  act.after(area); // beside the button: a dialog lets nothing outside of it be selected
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  act.focus();
  return done;
}
