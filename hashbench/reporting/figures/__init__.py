"""Figures drawn from stored records and codes."""
