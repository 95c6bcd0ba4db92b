"""Printing over the network: printers, and an outbox of jobs that a worker of its own sends, never a request."""
