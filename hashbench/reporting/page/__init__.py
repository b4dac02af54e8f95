"""A report in one HTML file: tables, figures, methods, datasets and protocol, without network."""
