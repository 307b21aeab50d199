"""The engine over an Elasticsearch cluster, by the official client (the extra `elasticsearch`).

`options` can be imported without that extra, `engine` cannot.
"""
