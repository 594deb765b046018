"""Handing a child's record over to another authority, and receiving one."""
