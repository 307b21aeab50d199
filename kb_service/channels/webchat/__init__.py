"""The public chat: answers from public knowledge with citation, or hands over to a ticket."""
