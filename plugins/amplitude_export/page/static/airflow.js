/**
 * Airflow's own API, called with the user's rights: backfills of a daily DAG, and its pause.
 *
 * The page shows one project, so that all of this is about one DAG, which `concern` names.
 */

import { Problem, request } from "./api.js";

const API = "../api/v2";
// The DAG exports three windows of a project at once; more days in parallel would only wait.
const AT_ONCE = 2;

/** The days of a range that a backfill runs: those that are not loaded, or all of them. */
export const UNFINISHED = "failed";
export const ALL = "completed";

let dagId = null;

/** Set the DAG that everything below is about. */
export function concern(id) {
  dagId = id;
}

function body(stretch) {
  return {
    dag_id: dagId,
    from_date: `${stretch.from}T00:00:00Z`,
    to_date: `${stretch.to}T00:00:00Z`,
    reprocess_behavior: stretch.behaviour,
    max_active_runs: AT_ONCE,
  };
}

/** The days that a backfill would run, oldest first. `stretch`: {from, to, behaviour}, inclusive. */
export async function wouldRun(stretch) {
  const answer = await request(`${API}/backfills/dry_run`, "POST", body(stretch));
  return answer.backfills.map((run) => run.logical_date.slice(0, 10));
}

export const startBackfill = (stretch) => request(`${API}/backfills`, "POST", body(stretch));

/** The same on the command line, which reads a bare date in Airflow's default time zone. */
export function command({ from, to, behaviour }) {
  return (
    `airflow backfill create --dag-id ${quoted(dagId)} --from-date ${from}T00:00:00Z ` +
    `--to-date ${to}T00:00:00Z ` +
    `--reprocess-behavior ${behaviour} --max-active-runs ${AT_ONCE}`
  );
}

/** Run a day again with a parameter, such as '"accept_fewer": true': a cleared run gets no new one. */
export function acceptingCommand(day, parameter) {
  const again = command({ from: day, to: day, behaviour: ALL });
  return `${again} --dag-run-conf '{${parameter}}'`;
}

export const unpauseCommand = () => `airflow dags unpause ${quoted(dagId)}`;

/** As one word for a shell. */
function quoted(text) {
  return /^[A-Za-z0-9_.-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Return the DAG's newest backfill, or null if there is none that this user is allowed to see. */
export async function newestBackfill(id) {
  const query = `dag_id=${encodeURIComponent(id)}&order_by=-id&limit=1`;
  try {
    return (await request(`${API}/backfills?${query}`)).backfills[0] ?? null;
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 403) return null;
    throw problem;
  }
}

/** `act`: pause, unpause or cancel. */
export function changeBackfill(backfill, act) {
  return request(`${API}/backfills/${encodeURIComponent(backfill.id)}/${act}`, "PUT");
}

export function unpauseDag() {
  const path = `${API}/dags/${encodeURIComponent(dagId)}`;
  return request(`${path}?update_mask=is_paused`, "PATCH", { is_paused: false });
}

/** Mark a run failed: a backfill takes the day of a run that has ended. */
export function markFailed(runId) {
  const path = `${API}/dags/${encodeURIComponent(dagId)}/dagRuns/${encodeURIComponent(runId)}`;
  return request(`${path}?update_mask=state`, "PATCH", { state: "failed" });
}

/** Paths below Airflow's root. */
export const runPath = (runId) =>
  `dags/${encodeURIComponent(dagId)}/runs/${encodeURIComponent(runId)}`;
export const pagePath = (id) => `dags/${encodeURIComponent(id)}/plugin/amplitude-days`;
export const loginPath = (back) => `api/v2/auth/login?next=${encodeURIComponent(back)}`;
