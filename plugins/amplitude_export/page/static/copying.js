/** A text with a button that copies it to the clipboard. */

import { button, el } from "./dom.js";
import { speak } from "./notices.js";

/** `name` names what is copied: "the command". */
export function copyable(text, name) {
  const act = button("Copy", () => copy(text, act, name), { "aria-label": `Copy ${name}` });
  act.className = "small";
  return el("span", { class: "copyable" }, el("code", {}, words(text)), act);
}

/** Let lines break between words, and not at their hyphens. */
function words(text) {
  return text.split(" ").flatMap((word, index) => [index ? " " : "", el("span", {}, word)]);
}

async function copy(text, act, name) {
  const copied = (await onClipboard(text)) || selected(text, act);
  act.textContent = copied ? "Copied" : "Select and copy";
  speak(copied ? `Copied ${name}.` : "The browser does not allow the page to copy; select the text.");
  setTimeout(() => (act.textContent = "Copy"), 2000);
}

/** Browsers offer the clipboard only to pages by https and of localhost. */
async function onClipboard(text) {
  if (!navigator.clipboard) return false;
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    if (error instanceof DOMException) return false; // the user or a policy denies it
    throw error;
  }
}

/** The older way, for an Airflow behind plain http. */
function selected(text, act) {
  const area = el("textarea", { class: "unseen", readonly: true, tabindex: -1 });
  area.value = text;
  act.after(area); // beside the button: outside an open dialog nothing can be selected
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  act.focus();
  return done;
}
