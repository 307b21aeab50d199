"""People named to be trained on a policy before it is published: they alone may read it early."""
