"""The spaCy pipeline (tokenizer, dictionary names, abbreviations, negation) and the token stream of the grammar."""
