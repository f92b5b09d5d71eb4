"""From entities and quantities to a rule tree, and from rules back to plain words."""
