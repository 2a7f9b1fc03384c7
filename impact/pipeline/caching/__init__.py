"""Results by the content of what they were made from: a run estimates only what is not stored already."""
