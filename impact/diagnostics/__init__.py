"""One file a test of the registry tests:."""
