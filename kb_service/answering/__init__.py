"""From a question to a decision: answer now, clarify, dispatch, not accept, emergency, or hand to a person."""
