"""Mentions linked to the codes that other systems know."""
