"""Frames to arrays: model matrices, factors, samples."""
