"""Staff of an authority and its schools: invited, given schools, covered while away, handed on when they leave."""
