"""The doctor: check everything that a daily run relies on, and name the fix for each fault.

    run.py          opens the connections, with short waits, and runs the checks of each area
    task.py         the tasks of amplitude_doctor
    check.py        one line: name, state, finding, advice
    runner.py       runs checks one after the other; a check that needs a failed one is skipped
    report.py       all lines, the record for machines, and the error that names the failed checks
    probe.py        the one object that the checks put, list and copy
    amplitude.py · clock.py · volume.py · shared.py      the export's side
    aws.py · bucket.py · limits.py · settings.py         the bucket's side
    warehouse.py · objects.py · rights.py                Snowflake's side
    transform.py · dbt.py                                the transform
    integration.py · trust.py · trust_policy.py          the trust between Snowflake and AWS
    policies.py     the syntax of AWS's policies

The checks only read, except for the probe, which stays in the bucket, and for the folder `.doctor`
on the volume. Every wait is short: `run.py` passes clients and sessions that time out within a
minute.
"""
