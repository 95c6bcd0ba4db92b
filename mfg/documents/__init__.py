"""Controlled documents: versioned, signed, effective. What is in them belongs to the room that reads it."""
