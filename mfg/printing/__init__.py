"""Label printers and the outbox: jobs wait, are sent once, and somebody tells what came out."""
