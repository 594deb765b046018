"""Calendars as people keep them: terms, days that differ, and what the marks say of them."""
