"""Words for templates about children and schools."""
