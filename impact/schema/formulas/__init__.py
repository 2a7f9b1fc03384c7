"""The formula language: text to a tree of terms."""
