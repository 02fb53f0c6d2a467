"""The words of the language: one word, one file; the folder is the kind."""
