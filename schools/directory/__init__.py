"""The authority's schools: DfE's register of them, who followed whom, and who works there."""
