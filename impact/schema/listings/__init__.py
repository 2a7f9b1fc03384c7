"""The blocks and requests of listings: tables of data in the results."""
