"""Grammar and vocabulary → what editors and other highlighters need to know of the language."""
