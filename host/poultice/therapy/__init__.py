"""What is asked for: protocols, the plan made of one, and who it is not for."""
