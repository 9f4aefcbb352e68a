"""The page in Airflow's UI that shows which hours of which days are loaded.

    rest ──▶ records ──▶ days, states ──▶ responses ──▶ app ──▶ static
    API      loads, runs  the grid        JSON, CSV    endpoint   UI

`runbook` renders docs/runbook.md, which `app` serves beside the page.
"""
