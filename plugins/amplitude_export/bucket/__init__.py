"""S3: the hook, one verified put, and what its errors mean."""
