"""From AMPLITUDE_RAW to answers: the dbt project in include/dbt, run in dbt's own environment."""
