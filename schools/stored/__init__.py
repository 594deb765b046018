"""What is held, between the database and the engine: registers, what was known when, open days, who is one child."""
