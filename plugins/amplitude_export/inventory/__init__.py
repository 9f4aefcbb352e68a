"""Names every object in the bucket and every file on the volume, and what each of them is."""
