"""The register engine: a pupil's year is a row of bytes. Pure numpy and whole numbers; no clock, no database."""
