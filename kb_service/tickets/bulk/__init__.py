"""One action on many tickets at once, each judged by its own rules; and lists that leave the house."""
