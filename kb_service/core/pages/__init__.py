"""What pages of every surface share: files they load, words they show, instants in words."""
