"""What happens to data before the networks of the codecs see them."""
