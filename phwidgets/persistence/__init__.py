"""Forward analysis: from structures to persistence diagrams."""
