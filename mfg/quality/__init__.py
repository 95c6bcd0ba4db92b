"""Deviations: what went otherwise than it should, until QA closes it."""
