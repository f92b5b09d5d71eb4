"""Making the packed lexicon from public vocabularies; run by ``scripts/build_lexicon.py``, never at run time."""
