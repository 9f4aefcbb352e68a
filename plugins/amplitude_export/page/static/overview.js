/** All projects at a glance: a row each, the ones that lack most days first. */

import { byId, el, show } from "./dom.js";
import { showLegend } from "./legend.js";
import { projectAddress } from "./projects.js";
import * as states from "./states.js";
import { count, counted } from "./text.js";
import { Tip } from "./tip.js";

const COUNTS = [
  ["Missing", "days_missing", "s-missing"],
  ["Failed", "days_failed", "s-failed"],
  ["Incomplete", "days_incomplete", "s-quarantined"],
];

/** "3 of 100 projects lack events in the last 30 days." */
export function atAGlance(projects) {
  const current = projects.filter(({ removed }) => !removed);
  const all = counted(current.length, "project");
  const lacking = current.filter(lacks).length;
  const range = `in the last ${counted(projects[0].days.length, "day")}`;
  if (lacking) return `${count(lacking)} of ${all} ${lacking === 1 ? "lacks" : "lack"} events ${range}.`;
  const whole = current.every(({ days_due: due, days_complete: complete }) => due === complete);
  // A day without record, or one that is being loaded, is not a gap, but it is not complete either.
  return whole ? `Complete: ${all} ${range}.` : `No gap on record: ${all} ${range}.`;
}

function lacks(project) {
  return COUNTS.some(([, name]) => project[name] > 0);
}

export class Overview {
  #place;
  #tip = new Tip();

  constructor(place) {
    this.#place = place;
  }

  update({ projects }) {
    const held = document.activeElement?.closest?.("tr[data-project]")?.dataset.project;
    const current = projects.filter(({ removed }) => !removed);
    const good = !current.some(lacks) && current.some((project) => project.days_complete > 0);
    byId("freshness").className = good ? "good" : "warn";
    show(byId("freshness"), atAGlance(projects));
    show(this.#place, table(projects));
    this.#listen(this.#place.querySelector("tbody"));
    showLegend(byId("legend"), null);
    const row = [...this.#place.querySelectorAll("tr[data-project]")]
      .find(({ dataset }) => dataset.project === held);
    row?.querySelector("a").focus();
  }

  #listen(body) {
    const over = ({ target }) => this.#tip.over(target.closest("[data-tip]"));
    body.addEventListener("mouseover", over);
    body.addEventListener("mouseleave", () => this.#tip.hide());
  }
}

function table(projects) {
  const days = projects[0].days.map(({ day }) => day).reverse();
  const span = `${days[0]} to ${days.at(-1)}`;
  return el("table", { class: "overview" },
    el("caption", { class: "unseen" }, "Projects, and the days of each, UTC, oldest first"),
    el("thead", {}, el("tr", {},
      el("th", { scope: "col" }, "Project"),
      el("th", { scope: "col", class: "strip" }, "Days ", el("span", { class: "span" }, span)),
      el("th", { scope: "col", class: "number" }, "Complete"),
      COUNTS.map(([name]) => el("th", { scope: "col", class: "number" }, name)),
      el("th", { scope: "col", class: "last" }, "Last complete"))),
    el("tbody", {}, projects.map(row)));
}

function row(project) {
  const { project: name, removed, is_paused: paused } = project;
  return el("tr", { "data-project": name, class: removed ? "removed" : null },
    el("th", { scope: "row" },
      el("a", { href: projectAddress(name) }, name),
      removed ? mark("removed") : paused ? mark("paused") : null),
    el("td", { class: "strip" }, strip(project.days)),
    el("td", { class: "number" }, `${count(project.days_complete)} of ${count(project.days_due)}`),
    COUNTS.map(([label, key, look]) => number(label, project[key], look)),
    el("td", { class: "last" }, project.last_complete_day ?? "–"));
}

const mark = (word) => el("span", { class: "badge s-plain" }, word);

/** The label is for narrow screens, which have no heads of columns. */
function number(label, days, look) {
  const shown = days ? el("span", { class: `badge ${look}` }, count(days)) : "0";
  const names = { class: `number${days ? "" : " none"}`, "data-label": label.toLowerCase() };
  return el("td", names, shown);
}

/** A cell a day, oldest first; screen readers read the counts beside it. */
function strip(days) {
  return el("span", { class: "days", "aria-hidden": "true" },
    [...days].reverse().map(({ day, state }) => el("i", {
      class: `cell ${states.look(state)} v3`,
      "data-tip": true,
      "aria-label": `${day}: ${states.label(state)}`,
    }, states.glyph(state))));
}
