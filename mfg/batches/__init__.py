"""Execution: steps, entries, containers, bispecific loading, doses filled."""
