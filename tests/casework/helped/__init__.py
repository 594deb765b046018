"""Tests of what helped: the written rule, its oracle, and what is read from registers."""
