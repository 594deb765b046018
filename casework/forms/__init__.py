"""Reading what a person types about a case."""
