"""The families of checks; importing one adds its checks to the catalogue."""

from __future__ import annotations

from critparse.checks import age_fields, condition, copies, people, prose, ranges, restated, title, twins, units

FAMILIES = (age_fields, people, title, prose, condition, copies, twins, restated, units, ranges)
"""The modules, in the order in which the documentation shows them."""
