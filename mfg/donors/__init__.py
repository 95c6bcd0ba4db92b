"""Donors, consent, infection markers, eligibility and collections."""
