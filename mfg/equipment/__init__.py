"""Equipment and rooms: what state they are in, what they were used for, what grows in them."""
