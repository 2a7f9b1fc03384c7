"""The Peru lab: synthetic data in the shape of the Peruvian sources, with effects that are known."""
