/** The page: its data, when it is read again, and which module shows which part. */

import * as airflow from "./airflow.js";
import { BackfillBar } from "./backfill.js";
import { byId } from "./dom.js";
import { DaysChart } from "./days-chart.js";
import { Drawer } from "./drawer.js";
import { gapAround, gapDays } from "./figures.js";
import { Grid } from "./grid.js";
import { Controls, freshness, RANGES, showHead } from "./header.js";
import { drawHours } from "./hours-chart.js";
import { showLegend } from "./legend.js";
import {
  otherDag, showFirstSteps, showPaused, showProblem, showRemoved,
} from "./occasions.js";
import { atAGlance, Overview } from "./overview.js";
import { Plan } from "./plan.js";
import { showSelector, shownFirst } from "./projects.js";
import { speak } from "./notices.js";
import { Reading } from "./reading.js";
import { Selection } from "./selection.js";
import * as states from "./states.js";
import { showToolbar } from "./toolbar.js";
import { Widths } from "./widths.js";

const address = new URL(location.href);
const shown = shownFirst();

class Page {
  #data = null; // the grid's
  #drawn = ""; // the data that the page shows
  #backfill = null; // the running one
  #current = null; // the day that both charts mark
  #widths = new Widths(["days-chart", "hours-chart"]);
  #selection = new Selection();
  #grid = new Grid(byId("grid"), this.#selection);
  #chart = new DaysChart(byId("days-chart"));
  #plan = new Plan(byId("plan"), () => this.#shown());
  #drawer = new Drawer(byId("drawer"), (day) => this.#optionsOf(day));
  #overview = new Overview(byId("overview"));
  #bar = new BackfillBar(() => this.#reading.now());
  #reading = new Reading(firstRange(), shown, (data, newest) => this.#came(data, newest),
    (problem) => this.#failed(problem));
  #controls = new Controls(byId("controls"), this.#reading.range, shown,
    (days) => this.#setRange(days), () => this.#refresh());

  start() {
    this.#selection.addEventListener("change", () => this.#showToolbar());
    this.#grid.addEventListener("open", ({ detail }) => this.#drawer.open(detail.day, detail.hour));
    this.#grid.addEventListener("current", ({ detail }) => this.#mark(detail.day));
    this.#chart.addEventListener("current", ({ detail }) => this.#mark(detail.day, false));
    this.#chart.addEventListener("go", ({ detail }) => this.#goTo(detail.day));
    this.#plan.addEventListener("started", ({ detail }) => this.#started(detail));
    this.#drawer.addEventListener("closed", ({ detail }) => this.#grid.moveTo(detail.day));
    this.#widths.addEventListener("change", () => this.#data && this.#drawCharts());
    new ResizeObserver(keepBelowDock).observe(byId("dock"));
    window.addEventListener("hashchange", () => this.#openLinked());
    this.#reading.now().then(() => this.#openLinked());
  }

  #came(data, newest) {
    const all = data.project === null;
    // There was one project, and now there are several, or the other way round.
    if (this.#drawn !== "" && all !== (this.#data === null)) return location.reload();
    showProblem(data.problem);
    showSelector(byId("projects"), data);
    return all ? this.#showAll(data) : this.#show(data, newest);
  }

  /** Show all projects at a glance. */
  #showAll({ now, ...rest }) {
    const first = this.#drawn === "";
    this.#controls.hideRange();
    this.#controls.asOf(now);
    const drawn = JSON.stringify(rest);
    if (drawn !== this.#drawn) {
      states.learn(rest.states);
      this.#overview.update(rest);
    }
    this.#drawn = drawn;
    this.#arrived();
    if (first) speak(atAGlance(rest.projects));
  }

  /** Show the days of one project. */
  #show(data, newest) {
    const first = this.#data === null;
    const began = performance.now();
    airflow.concern(data.dag.dag_id);
    this.#data = data;
    this.#backfill = newest && !newest.completed_at ? newest : null;
    this.#selection.keep(data.days.map((day) => day.day));
    this.#draw(data);
    this.#arrived();
    if (this.#drawer.day) this.#drawer.refresh();
    if (first) speak(freshness(data.summary));
    performance.clearMeasures("shown");
    performance.measure("shown", { start: began });
  }

  /** Return true for the tab of a DAG that is not a project's: it links those that are. */
  #failed(problem) {
    if (problem.projects) otherDag(problem.projects);
    else this.#arrived();
    return Boolean(problem.projects);
  }

  /** The first response has arrived, possibly an error. */
  #arrived() {
    byId("page").setAttribute("aria-busy", "false");
    byId("content").hidden = this.#data === null;
    byId("freshness").hidden = this.#drawn === "" && this.#data === null;
  }

  #draw({ now, ...rest }) {
    this.#controls.asOf(now);
    this.#bar.update(this.#backfill, rest.days, rest.may.load);
    const drawn = JSON.stringify(rest);
    if (drawn !== this.#drawn) this.#drawAll(rest);
    this.#drawn = drawn;
  }

  #drawAll({ days, summary, dag, may, states: legend, ...rest }) {
    states.learn(legend);
    showHead(summary, (day) => this.#goTo(day));
    showRemoved(rest);
    showPaused(dag.is_paused && !rest.removed, may.load, () => this.#reading.now());
    showFirstSteps(days, dag.is_paused, rest.removed);
    const busy = this.#grid.update(days);
    showLegend(byId("legend"), busy);
    this.#showToolbar();
    this.#drawCharts();
  }

  #drawCharts() {
    const { days, summary } = this.#data;
    const kept = days.some((day) => day.day === this.#current);
    if (!kept) this.#current = summary.last_day?.day ?? days[0]?.day;
    this.#chart.update(days, this.#current, this.#widths.of("days-chart"));
    this.#drawHours();
  }

  #drawHours() {
    const { days } = this.#data;
    const day = days.find((other) => other.day === this.#current);
    drawHours(byId("hours-chart"), days, day, this.#widths.of("hours-chart"));
  }

  #showToolbar() {
    const { days, may, removed } = this.#data;
    const facts = { gap: gapDays(days).sort(), chosen: this.#selection.days, may: may.load, removed };
    showToolbar(byId("toolbar"), facts, {
      load: (wanted) => this.#plan.propose(wanted, airflow.UNFINISHED),
      rerun: (wanted) => this.#plan.propose(wanted, airflow.ALL),
      select: (wanted) => this.#select(wanted),
    });
  }

  #select(days) {
    this.#selection.set(days);
    speak(days.length ? `Selected ${days.join(", ")}.` : "Nothing is selected.");
  }

  /** Return the data that the plan needs. */
  #shown() {
    const { days, dag } = this.#data;
    return { days, paused: dag.is_paused, backfill: this.#backfill };
  }

  #optionsOf(day) {
    return {
      shown: this.#data ? { project: this.#data.project } : shown,
      may: this.#data?.may.load ?? false,
      removed: this.#data?.removed ?? false,
      gap: gapAround(this.#data?.days ?? [], day).sort(),
      newest: this.#data?.days[0]?.day,
      run: (days, behaviour) => this.#plan.propose(days, behaviour),
      select: (days) => this.#selectFromDrawer(days),
    };
  }

  #selectFromDrawer(days) {
    byId("drawer").close();
    this.#select(days);
  }

  /** Watch the new backfill at once: it can be over before the next reading. */
  #started(backfill) {
    this.#backfill = backfill;
    this.#bar.update(backfill, this.#data.days, this.#data.may.load);
    this.#selection.set([]);
    this.#reading.now();
  }

  #mark(day, inChart = true) {
    if (day === this.#current) return;
    this.#current = day;
    this.#chart.mark(day);
    if (!inChart) this.#grid.moveTo(day, false);
    this.#drawHours();
  }

  #goTo(day) {
    this.#mark(day);
    this.#grid.moveTo(day);
  }

  async #refresh() {
    await this.#reading.now();
    speak("Refreshed.");
  }

  #setRange(days) {
    address.searchParams.set("days", days);
    history.replaceState(null, "", address.pathname + address.search + location.hash);
    this.#controls.mark(days);
    this.#reading.setRange(days);
  }

  /** The day that the address names, as in a link from a notice: #2026-11-15. */
  #openLinked() {
    const day = location.hash.slice(1);
    if (this.#data === null) return; // several projects have such a day
    if (/^\d{4}-\d{2}-\d{2}$/.test(day) && day !== this.#drawer.day) this.#drawer.open(day);
  }
}

/** Keep the heads of the columns below the toolbar, which can have several lines. */
function keepBelowDock([{ target }]) {
  byId("grid").style.setProperty("--dock", `${target.offsetHeight}px`);
}

function firstRange() {
  const asked = Number(address.searchParams.get("days"));
  return RANGES.includes(asked) ? asked : RANGES[0];
}

new Page().start();
