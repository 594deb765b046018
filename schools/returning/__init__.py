"""Statutory returns: their grounds in the marks, drafted, confirmed and sent."""
