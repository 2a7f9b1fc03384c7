"""What every figure shares: its look, its intervals, the models and tests it shows."""
