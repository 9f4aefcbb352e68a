"""Loads from S3 into AMPLITUDE_RAW: replaces one UTC day in one transaction."""
