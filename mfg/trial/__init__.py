"""The trial: protocols as data, recipients, cohorts, weights, and the dose arithmetic."""
