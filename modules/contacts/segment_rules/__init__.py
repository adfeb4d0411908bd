"""Rules of segments: what a tree of conditions says of one customer, why, and until when."""
