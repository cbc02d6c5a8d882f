"""Exercise 3: filters for blurring and edges."""
