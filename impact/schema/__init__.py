"""The shape of a spec file: loading, resolving, validating."""
