"""Numbers made from diagrams: vectors to learn from and the way back to the atoms, distances, and images painted by their texture."""
