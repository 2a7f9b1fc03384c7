"""Scripts of other programs turned into specs, with the convention that each line implies."""
