"""Move UTC days of Amplitude events from the Export API into Snowflake, exactly once.

A folder is a room, a paragraph of this map a floor, except that stations and features share one.
Imports go down, never to a neighbor on the same floor:

    doctor/       tests all that a daily run relies on

    stations of the daily DAG
    plan/         the day to load, the wait until it is complete, its windows
    export/       Amplitude → archives on the volume
    decompress/   archives → checked, counted JSON files and a manifest
    upload/       files → verified objects in S3
    load/         objects → rows: replaces one day in one transaction, also by amplitude_reload
    clean_up/     removes files that a committed load no longer needs

    features beside them
    hourly/       which hours are missing today, and what their runs leave
    verify/       compares a loaded day with its export; reads the ledger
    inventory/    names every object and file, and what it is
    second_look/  compares a loaded day with a later export
    ip_networks/  the table of the owners of IP networks
    notices/      one message for each day that failed or is late
    setup/        creates everything in AWS and Snowflake, and their trust
    transform/    runs dbt: from raw to answers
    page/         the page in Airflow's UI, its endpoint, the runbook

    outside systems, and what all tasks share
    http/         one download over HTTP, for Amplitude and the package registry
    bucket/       S3: hook, verified put, error codes
    warehouse/    Snowflake: hook, session, locked transaction, errors
    tasks/        retries, defaults, connections and assets of all tasks

    fetched.py
    archive.py · manifest.py · refused_lines.py · shared_folders.py · cold_storage.py ·
    fewer_events.py
    workspace.py · deployment.py · projects.py
    window.py · zip_file.py · settings.py · connection.py · include.py · failure.py
    ledger.py · record.py · redaction.py · proxy.py · environment.py
    volume.py
    errors.py

In a room, `hook.py`, `operator.py` and `task.py` import Airflow; the other files are plain Python
(the linter lists the exceptions). docs/architecture.md has the rules and where things belong.
"""
