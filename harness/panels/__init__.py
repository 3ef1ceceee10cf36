"""Scores that people and other organisations gave, read from files."""
