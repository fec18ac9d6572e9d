"""Classifying files of any size."""
