"""The launcher and the stand-ins. The product never imports them."""
