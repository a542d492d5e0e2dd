-- Moving a token to a new phone: the token that ends when this activation's is good.

ALTER TABLE activations ADD COLUMN replaces TEXT REFERENCES tokens (serial);
