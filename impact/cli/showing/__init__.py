"""What commands show: plans, specs, formulas, power."""
