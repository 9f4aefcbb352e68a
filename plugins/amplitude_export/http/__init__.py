"""HTTP: requests to the one host of a connection, and downloads of large bodies to the volume."""
