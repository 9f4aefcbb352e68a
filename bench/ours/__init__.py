"""Steps that call the product's own functions as its tasks do."""
