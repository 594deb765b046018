"""The home page: what needs a person first, each one click away, by role."""
