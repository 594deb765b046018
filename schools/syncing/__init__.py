"""Schools' own systems, read by night and on demand."""
