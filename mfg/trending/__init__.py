"""Trends from batch to batch, and the product quality review of a period."""
