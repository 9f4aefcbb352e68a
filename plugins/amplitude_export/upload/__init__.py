"""Uploads from the volume to S3: every file of a manifest, verified by S3 itself."""
