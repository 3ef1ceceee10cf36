"""Published sets in small: rows of made-up content in the files, columns and types that the hub's repositories have.

What a column holds is worked out from the stock tasks that read it and from the sets' cards; no published row was seen.
"""
