"""Registers and lists that people send: read, mapped, understood, matched to pupils and stored."""
