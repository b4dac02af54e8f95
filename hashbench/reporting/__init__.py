"""Reports: pure functions of stored records."""
