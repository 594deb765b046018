"""The API: school systems and data hubs send marks, the council's warehouse reads (`/api/v1/`)."""
