"""Dotted paths that Airflow stored under 0.5; gone with the next minor version."""
