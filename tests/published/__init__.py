"""The same tasks on the same published rows of the same model: this harness beside lm-eval's own program."""
