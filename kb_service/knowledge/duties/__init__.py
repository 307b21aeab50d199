"""What units owe the knowledge base, what came when, and a score that can be worked out again."""
