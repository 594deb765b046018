"""Pages of schools, their uploads and their pupils."""
