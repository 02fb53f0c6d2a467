"""Tests of text → syntax tree."""
