"""Plugins as their authors make them: generated, built and installed beside hashbench."""
