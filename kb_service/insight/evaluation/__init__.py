"""How well units handle tickets, by the weights of a city."""
