"""A plugin for tests: tiny corpora, and methods that go wrong in every way."""
