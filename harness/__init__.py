"""An evaluation harness that decides who stays in a contest for sovereign AI models."""
