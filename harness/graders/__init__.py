"""From a model's text to its answer. Pure."""
