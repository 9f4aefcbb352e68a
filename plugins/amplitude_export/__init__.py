"""Move UTC days of Amplitude events from the Export API into Snowflake, exactly once.

A folder is a room, a line of this map a floor. Imports go down, never to a neighbor:

    doctor/       tests all that a daily run relies on

    plan/         the day to load, the wait until it is complete, its windows       the stations of
    export/       Amplitude → archives on the volume                                the daily DAG
    decompress/   archives → checked, counted JSON files and a manifest
    upload/       files → verified objects in S3
    load/         objects → rows: replaces one day in one transaction
    clean_up/     removes files that a committed load no longer needs

    verify/       compares a loaded day with its export; reads the ledger           the features
    ip_networks/  the table of the owners of IP networks                            beside them
    notices/      one message for each day that failed or is late
    setup/        creates everything in AWS and Snowflake, and their trust
    transform/    runs dbt: from raw to answers
    page/         the page in Airflow's UI, its endpoint, the runbook

    http/         one download over HTTP, for Amplitude and the package registry    outside systems,
    bucket/       S3: hook, verified put, error codes                               and what all
    warehouse/    Snowflake: hook, session, locked transaction, errors              tasks share
    tasks/        retries, defaults, connections and assets of all tasks

    archive.py · manifest.py · workspace.py                                         the nouns
    window.py · volume.py · settings.py · failure.py · ledger.py · record.py · redaction.py
    errors.py                                                                       the errors

In a room, `hook.py`, `operator.py` and `task.py` import Airflow; the other files are plain Python
(the linter lists the exceptions). docs/architecture.md has the rules and where things belong.
"""
