"""S3: the hook, one verified put, and the meaning of AWS's errors."""
