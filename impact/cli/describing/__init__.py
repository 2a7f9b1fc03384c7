"""A data file as it is: columns, keys and panel, before a spec is written on it."""
