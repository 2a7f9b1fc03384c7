"""Pages and schema of the reference, made from the records and blocks themselves."""
