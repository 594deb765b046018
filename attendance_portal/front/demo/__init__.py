"""Two invented authorities from one seed number: schools, families, and registers as a school exports them."""
