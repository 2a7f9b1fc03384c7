"""Writing a report folder: locked, whole, exchanged in one step."""
