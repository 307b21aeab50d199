"""From a document to pieces of knowledge: type, fields, and where in the text each of them stands."""
