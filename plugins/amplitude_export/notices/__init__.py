"""One message for each day that failed or is late, by Airflow's own notifiers."""
