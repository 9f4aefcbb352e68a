"""The doctor: check everything that a daily run relies on, and name the fix for each fault.

    run.py          opens the connections, with short waits, and runs the checks of each area
    task.py         the tasks of amplitude_doctor
    check.py        one line: name, state, finding, advice
    runner.py       runs checks one after the other; a check that needs a failed one is skipped
    report.py       all lines, the record for machines, and the error that names the failed checks
    probe.py        the one object that the checks put, list and copy
    amplitude.py · clock.py · volume.py · shared.py      the export's side
    aws.py · bucket.py · limits.py · bucket_settings.py  the bucket's side
    code.py                                              the files beside the library
    warehouse.py · objects.py · rights.py                Snowflake's side
    transform.py · dbt.py                                the transform
    integration.py · trust.py · trust_policy.py          the trust between Snowflake and AWS
    policies.py     the syntax of AWS's policies

The checks leave two things behind: the probe in the bucket, and the folder `.doctor` on the volume.
Whatever else they write is undone: rows are rolled back, test tables and views are dropped. No row
of a day is touched. Every wait is short: `run.py` passes clients and sessions that time out within
a minute.
"""
