"""Where risk peaks, rises and falls, and where training interpolates."""
