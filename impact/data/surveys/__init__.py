"""Kinds of data sources: official files by folder, year and module, read as one table."""
