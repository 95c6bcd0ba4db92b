"""Who is qualified for what, and until when."""
