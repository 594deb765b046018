"""What changed a register, how it is taken back, and the register as it was known."""
