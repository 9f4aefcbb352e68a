/**
 * Read the grid and the backfill: on demand and at intervals, which are shorter while a run is under
 * way and shortest during a backfill.
 */

import { newestBackfill } from "./airflow.js";
import { Problem, readDays } from "./api.js";
import { complain, withdraw } from "./notices.js";
import { explain } from "./problems.js";

const SOON = 3_000;
const WATCHING = 15_000; // a run can wait for Amplitude for hours
const LATER = 60_000;

export class Reading {
  #range;
  #shown;
  #show;
  #fail;
  #dag = null; // the id of the project's DAG, once it is known
  #timer = null;
  #asked = 0; // counts the requests; only the response to the last one counts
  #pause = LATER;

  /**
   * `shown`: see api.js. `show` is called with the response and the newest backfill, `fail` with an
   * error: it returns true if it shows that itself.
   */
  constructor(range, shown, show, fail) {
    this.#range = range;
    this.#shown = shown;
    this.#show = show;
    this.#fail = fail;
    document.addEventListener("visibilitychange", () => this.#seen());
  }

  get range() {
    return this.#range;
  }

  setRange(days) {
    this.#range = days;
    return this.now();
  }

  async now() {
    clearTimeout(this.#timer);
    this.#asked += 1;
    const asked = this.#asked;
    const show = await this.#read();
    if (asked !== this.#asked) return;
    show();
    this.#again();
  }

  /** Return a function that handles the response; it is not called if the response is too late. */
  async #read() {
    try {
      const days = readDays(this.#range, this.#shown);
      const [data, newest] = await Promise.all([days, this.#newest(days)]);
      return () => this.#came(data, newest);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      return () => this.#failed(problem);
    }
  }

  /** Only the first response tells the DAG; of all projects, no backfill is shown. */
  async #newest(days) {
    if (!this.#dag) this.#dag = (await days).dag?.dag_id;
    return this.#dag ? newestBackfill(this.#dag) : null;
  }

  #failed(problem) {
    if (this.#fail(problem)) return;
    complain("reading", explain(problem), () => this.now());
  }

  #came(data, newest) {
    withdraw("reading");
    const runs = data.days?.some((day) => day.state === "running");
    if (newest && !newest.completed_at) this.#pause = SOON;
    else this.#pause = runs ? WATCHING : LATER;
    this.#show(data, newest);
  }

  /** A hidden page does not read; it reads again when it becomes visible. */
  #again() {
    if (!document.hidden) this.#timer = setTimeout(() => this.now(), this.#pause);
  }

  #seen() {
    if (document.hidden) clearTimeout(this.#timer);
    else this.now();
  }
}
