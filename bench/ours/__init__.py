"""The product's own functions, called as its tasks call them."""
