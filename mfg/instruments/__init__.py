"""What instruments write: their files read, each value with the place it stands at. No database, no web."""
