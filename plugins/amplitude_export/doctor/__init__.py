"""Looks at all that a daily run relies on, and says what is missing in words that lead to the fix.

    check.py        one line: name, state, what was found, what to do
    examination.py  runs checks one after the other; what needs a failed one is skipped
    report.py       all lines, the record for machines, and the error that names the failed checks
    probe.py        the one object that the checks put, list and copy
    amplitude.py · clock.py · volume.py · shared.py      the export's side
    aws.py · bucket.py · limits.py · settings.py         the bucket's side
    warehouse.py · objects.py · rights.py                Snowflake's side
    integration.py · trust.py · trust_policy.py          what joins Snowflake and the bucket
    policies.py     how AWS writes a policy

Reads, except for the probe, which stays in the bucket, and for a folder `.doctor` on the volume.
Every wait is short: whoever calls hands over clients and sessions that give up within a
minute where nobody answers.
"""
