"""Custody: who holds it, where, since when; hand-overs between two people, shipments, gaps."""
