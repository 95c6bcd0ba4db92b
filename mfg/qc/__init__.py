"""Samples, results against the specification, sterility in progress."""
