"""Mentions linked to codes that other systems know."""
