"""From S3 into AMPLITUDE_RAW: one UTC day replaced in one transaction."""
