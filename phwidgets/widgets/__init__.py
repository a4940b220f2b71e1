"""Linked views for notebooks; everything here may import the rest of the package, nothing else imports this."""
