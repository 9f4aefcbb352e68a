"""Builds SILVER and GOLD from AMPLITUDE_RAW: runs the dbt project of include/dbt as a command."""
