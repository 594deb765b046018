"""The register engine: a pupil's year is a row of bytes. Pure numpy, whole numbers, no clock."""
