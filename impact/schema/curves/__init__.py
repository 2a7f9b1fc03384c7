"""Specification curves: the block of a spec, the choices it lists, and the models they make."""
