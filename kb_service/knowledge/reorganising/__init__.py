"""Units renamed, merged and split: what they have goes on under the new unit, history stays as it was."""
