"""Which field, class or unit a request belongs to, learnt from requests that people have sorted."""
