"""Files that belong to a version: kept once by their content, handed out to whom the version is meant for."""
