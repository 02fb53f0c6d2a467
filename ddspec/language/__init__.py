"""Text to syntax tree: lexing, recovery, printing and the rendering of problems."""
