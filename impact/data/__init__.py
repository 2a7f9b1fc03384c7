"""Files to frames: readers, joins, derived columns, filters, checks."""
