"""Two invented authorities from one seed: schools, families, and registers as schools export them."""
