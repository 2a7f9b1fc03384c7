"""Records, errors, texts and registries that every floor may use."""
