"""CDISC USDM: eligibility criteria and the population they select."""
