"""Master records and specifications as data: what is to be done and tested, not what was."""
