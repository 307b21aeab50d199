"""What a version replaces, in whole or by articles, and whose words rest on what was replaced."""
