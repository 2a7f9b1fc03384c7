"""Tables as grids of cells: their lines, rows and notes."""
