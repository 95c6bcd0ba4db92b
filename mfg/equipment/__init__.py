"""Equipment, rooms, line clearance, environmental and personnel monitoring: fit to be used, and for whom."""
