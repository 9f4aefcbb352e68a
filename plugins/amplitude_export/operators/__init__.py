"""Dotted paths that Airflow stored under 0.5, re-exported until the next minor version."""
