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
  #show;
  #fail;
  #timer = null;
  #asked = 0; // counts the requests; only the response to the last one counts
  #pause = LATER;

  /** `show` is called with the grid and the newest backfill, `fail` after an error. */
  constructor(range, show, fail) {
    this.#range = range;
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
      const [data, newest] = await Promise.all([readDays(this.#range), newestBackfill()]);
      return () => this.#came(data, newest);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      return () => this.#failed(problem);
    }
  }

  #failed(problem) {
    this.#fail();
    complain("reading", explain(problem), () => this.now());
  }

  #came(data, newest) {
    withdraw("reading");
    const runs = data.days.some((day) => day.state === "running");
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
