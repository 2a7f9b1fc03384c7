"""Arrays in, arrays out: the numerical ground floor."""
