/** The actions for the selected days, or for the gap if no day is selected. */

import { button, el, show } from "./dom.js";
import { counted } from "./text.js";

let drawn = "";

/**
 * `gap`: the days to be loaded; `chosen`: those selected; `may`: whether the user can start runs;
 * `removed`: whether nobody can, because the project was removed.
 * `acts`: {load, rerun, select}, each called with days.
 */
export function showToolbar(place, { gap, chosen, may, removed }, acts) {
  const now = JSON.stringify([gap, chosen, may, removed]);
  if (now === drawn) return; // keep a button that is being pressed
  drawn = now;
  const held = place.contains(document.activeElement) && document.activeElement.dataset.act;
  const wanted = chosen.length ? chosen : gap;
  show(
    place,
    el("p", { class: "chosen" }, wording(gap, chosen)),
    action("load", loadName(gap, chosen), may && wanted.length && (() => acts.load(wanted)), true),
    action("rerun", "Re-run…", may && chosen.length && (() => acts.rerun(chosen))),
    action("gap", "Select the gap", gap.length && (() => acts.select(gap))),
    action("clear", "Clear", chosen.length && (() => acts.select([]))),
    el("p", { class: may ? "why hint" : "why", id: "why" }, why(chosen, may, removed)),
  );
  if (held) holdFocus(place, held);
}

/** Focus the same button, or another enabled one, or the bar itself. */
function holdFocus(place, act) {
  const same = place.querySelector(`[data-act="${act}"]:enabled`);
  (same ?? place.querySelector("button:enabled") ?? place).focus();
}

function action(name, label, act, primary = false) {
  const look = primary ? "primary" : null;
  return button(label, act || null, { "data-act": name, class: look, "aria-describedby": "why" });
}

function loadName(gap, chosen) {
  if (chosen.length) return `Load missing of ${counted(chosen.length, "day")}…`;
  return gap.length ? `Load missing (${counted(gap.length, "day")})…` : "Load missing";
}

function wording(gap, chosen) {
  if (chosen.length === 1) return `${chosen[0]} selected.`;
  if (chosen.length) {
    return `${counted(chosen.length, "day")} selected, ${chosen[0]} to ${chosen.at(-1)}.`;
  }
  return gap.length ? `${counted(gap.length, "day")} to be loaded.` : "Nothing to be loaded here.";
}

/** The reason why a button is disabled. */
function why(chosen, may, removed) {
  if (removed) return "The project was removed.";
  if (!may) return "Your role can view runs, but not start them.";
  return chosen.length ? "" : "Select days to re-run them.";
}
