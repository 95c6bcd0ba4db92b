"""What a reviewer has to see: exceptions computed from the record, and what was looked at."""
