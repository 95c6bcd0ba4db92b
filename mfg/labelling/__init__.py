"""Labels and records put on paper, and the trace of each print."""
