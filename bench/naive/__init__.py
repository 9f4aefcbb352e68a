"""The script that the product replaces, as such scripts are written. It checks nothing."""
