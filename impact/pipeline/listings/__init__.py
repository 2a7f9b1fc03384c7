"""Listings of a run: computed from the rows, checked against the tables and figures that show them."""
