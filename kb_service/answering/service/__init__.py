"""Use cases of answering: deciding on a question, and the register of what was shown."""
