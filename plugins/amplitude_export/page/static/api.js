/** Requests with the user's own cookie, and their errors. */

// Milliseconds. Longer than the slowest response with 400 days; a page must not wait for ever.
const LIMIT = 60_000;

/**
 * An error response, or none at all (status 0); `detail` is text for the user, and `projects` those
 * that a response names instead of the one that was requested.
 */
export class Problem extends Error {
  constructor(status, detail, projects = null) {
    super(detail);
    this.status = status;
    this.detail = detail;
    this.projects = projects;
  }
}

/** Return the JSON of the response. Throws Problem. */
export async function request(url, method = "GET", body = undefined) {
  const response = await send(url, {
    method,
    credentials: "same-origin",
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(LIMIT),
  });
  const content = await json(response);
  if (!response.ok) {
    const { detail } = content ?? {};
    throw new Problem(response.status, plain(detail) || response.statusText, detail?.projects);
  }
  if (content === null) throw new Problem(response.status, "The response is not JSON.");
  return content;
}

async function send(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    throw new Problem(0, error.message);
  }
}

async function json(response) {
  try {
    return await response.json();
  } catch {
    return null; // for example the page of a proxy; the caller looks at the status
  }
}

/** Airflow's `detail` is text, a list of {loc, msg}, or an object. */
function plain(detail) {
  if (Array.isArray(detail)) return detail.map(plain).join("; ");
  if (detail && typeof detail === "object") {
    const at = Array.isArray(detail.loc) ? `${detail.loc.join(".")}: ` : "";
    return detail.msg ? at + detail.msg : (detail.message ?? JSON.stringify(detail));
  }
  return detail ?? "";
}

/** `shown`: {project}, {dag_id}, or {} for all projects; see docs/page.md. */
const query = (shown, rest = {}) => new URLSearchParams({ ...rest, ...shown });

/** The grid of one project, or all projects at a glance. */
export const readDays = (days, shown) => request(`api/days?${query(shown, { days })}`);

/** One day in detail. */
export const readDay = (day, shown) =>
  request(`api/days/${encodeURIComponent(day)}?${query(shown)}`);

export const csvAddress = (days, shown) => `api/days.csv?${query(shown, { days })}`;
